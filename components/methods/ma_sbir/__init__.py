"""MA-SBIR: photographs found by sketches, without pairs (arXiv 2401.04860)."""
