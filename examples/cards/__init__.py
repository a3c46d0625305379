"""The demo: drawn scenes of known truth, and the encoder trained on them; imports components."""
