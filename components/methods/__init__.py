"""A folder a method, and one row for each of them in `catalog.py`. No method imports another."""
