"""The search index and its measured recall; may import project and components."""
