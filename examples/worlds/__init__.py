"""The bench's worlds of examples and shared data; may import bench, pipelines and project."""
