"""TRM-ML: text-region matching with missing labels (arXiv 2407.18520); a reconstruction."""
