"""Comparison of methods under fixed protocols, and the published ones."""
