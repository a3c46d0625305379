"""Worlds made by code, outside the wheel; may import every package of ours."""
