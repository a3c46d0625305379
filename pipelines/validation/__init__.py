"""Rules that the prepared data must keep, and the page that shows the data."""
