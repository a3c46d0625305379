"""Vectors of images, here or on Ray, computed once and kept. May import components and project."""
