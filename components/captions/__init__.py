"""What captions say: tags, denials and the words for labels; may import labels."""
