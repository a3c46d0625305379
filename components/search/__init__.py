"""Indexes, and what is asked of them; imports only writing and errors of components."""
