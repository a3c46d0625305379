"""The service: tags pictures, and finds them by text, picture or sketch."""
