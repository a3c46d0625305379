"""A discriminant over the most certain regions of each name (PIAA)."""
