"""Images and texts to unit vectors in one space; may import models and labels."""
