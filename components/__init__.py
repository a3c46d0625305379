"""Arithmetic on arrays and tensors, and what holds it; imports no other package of ours."""
