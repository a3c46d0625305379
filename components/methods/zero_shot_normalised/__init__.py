"""Zero-shot, normalised over names and images (SPARC without its compound prompts)."""
