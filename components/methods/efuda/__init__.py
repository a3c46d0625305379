"""Efuda's own recipe: the whole image and its regions, never far from zero-shot."""
