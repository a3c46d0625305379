"""Baseline: an unknown label takes no part."""
