"""The one loop, for any recipe; may import all of components but methods, search and encoders."""
