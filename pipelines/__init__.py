"""A folder a stage with `run` and `__main__`; may import tuning, project, components, no stage."""
