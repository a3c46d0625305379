"""VLPL: learning from vision-language pseudo-labels (arXiv 2310.15985)."""
