"""The exceptions that callers are meant to catch."""


class InputError(ValueError):
    """Something the user gave cannot be used.

    The message says what arrived, what is allowed and what to do next; the
    command line prints it as it stands, without a traceback.

    Example:
        >>> from components.errors import InputError
        >>> from components.labels.vocabulary import Vocabulary
        >>> try:
        ...     Vocabulary(("cat", "cat"))
        ... except InputError as fault:
        ...     print(fault)
        The vocabulary names 'cat' twice (columns 0 and 1); remove one or give it another name.
    """


class ArtefactError(InputError):
    """A file written by an earlier stage is missing, foreign or damaged.

    Example:
        >>> from pathlib import Path
        >>> from components.data.examples import read_examples
        >>> from components.errors import ArtefactError
        >>> try:
        ...     read_examples(Path("examples.parquet"))
        ... except ArtefactError as fault:
        ...     print(fault)
        examples.parquet does not exist; run `efuda run prepare` first.
    """
