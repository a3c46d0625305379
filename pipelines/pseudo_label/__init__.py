"""Proposals for people, by the best method; may import project and components."""
