"""Losses that several methods share; a leaf."""
