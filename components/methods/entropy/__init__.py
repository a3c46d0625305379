"""Baseline: an unknown label is kept uncertain."""
