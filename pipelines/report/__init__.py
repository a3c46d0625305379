"""The report of a run: figures in words, charts and pictures on one page."""
