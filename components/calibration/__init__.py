"""From scores to probabilities and thresholds; may import metrics."""
