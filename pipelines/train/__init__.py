"""A tagger a recipe and seed, here or on Ray Train; may import project and components."""
