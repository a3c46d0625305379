"""What is trained, and a trained tagger; may import labels."""
