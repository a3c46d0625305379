"""How well labels are proposed: the bench's protocol of that name; may import the bench."""
