"""One file a format of labels, listed in `catalog.py`; may import components and settings."""
