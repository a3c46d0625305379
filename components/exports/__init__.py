"""Labels written as files of a kind that others read, a file a format; imports labels and data."""
