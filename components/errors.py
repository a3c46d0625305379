"""The exceptions that callers are meant to catch."""


class InputError(ValueError):
    """Something the user gave cannot be used.

    The message says what arrived, what is allowed and what to do next; the
    command line prints it as it stands, without a traceback.
    """


class ArtefactError(InputError):
    """A file written by an earlier stage is missing, foreign or damaged."""
