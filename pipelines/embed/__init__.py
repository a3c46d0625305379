"""Vectors of images, label names and captions; may import project and components."""
