"""GPR: the loss of AEVLP (ICCV 2025), with its pseudo-labels."""
