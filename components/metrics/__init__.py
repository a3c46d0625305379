"""How well scores, probabilities and rankings do; a leaf."""
