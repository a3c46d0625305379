"""Baseline: an unknown label counts as absent."""
