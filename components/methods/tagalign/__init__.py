"""TagAlign: captions and the tags in them teach a projector of regions (arXiv 2312.14149)."""
