"""The serving bundle as an MLflow model version; may import project and components."""
