"""From scores to proposals for unknown cells; may import labels and calibration, no method."""
