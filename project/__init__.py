"""What a project is, shared by stages, search, service and commands: settings, layout, graph,
environment, locks, the Ray session, the MLflow registry. May import components alone.
"""
