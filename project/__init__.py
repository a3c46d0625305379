"""What a project is, for stages, search, service and commands alike; imports components alone.

Settings, layout, graph, environment, locks, the Ray session and the MLflow registry.
"""
