"""Zero-shot: image and label name are compared in the encoder's own space."""
