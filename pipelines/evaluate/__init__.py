"""Figures on the frozen test split, and the report; may import project and components."""
