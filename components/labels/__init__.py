"""Cells, their states, and how they are hidden; a leaf, beside writing and errors."""
