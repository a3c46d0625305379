"""Vectors kept on disk, by content hash and encoder; a leaf, beside writing and errors."""
