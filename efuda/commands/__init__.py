"""One module a command: its words and options; what it does is imported when it runs."""
