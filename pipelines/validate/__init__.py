"""Rules that the tables must keep, and the page that says so; may import project and components."""
