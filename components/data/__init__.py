"""Examples, images and splits; imports nothing else of components but writing and errors."""
