"""What `efuda init` makes: settings from what it was given, and a project's files."""
