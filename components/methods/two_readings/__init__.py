"""Two readings: the whole image and its best region, each standardised, added up."""
