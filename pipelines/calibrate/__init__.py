"""Probabilities, thresholds and the choice of a tagger; may import project and components."""
