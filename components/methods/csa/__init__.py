"""CSA: context-based semantic-aware alignment (arXiv 2412.18842); a reconstruction."""
