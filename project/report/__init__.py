"""What pages share: frame, tables, thumbnails, words; may import components."""
