"""From vectors to logits, one file a kind of head; may import the other models."""
