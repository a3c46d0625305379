"""params.yaml as text, with a line about each section."""

import inspect

import yaml

from project.settings.settings import Settings

HEADER = "# Every number that a stage depends on. Unknown keys are errors.\n"

# Sections whose types are no pydantic models or are optional.
_SAID_HERE = {
    "encoder": "How images and texts become vectors: conse, or open_clip with its weights.",
    "hide": "Hides known labels on purpose, to measure how well they are found; null hides none.",
}


def _about(section: str) -> str:
    if section in _SAID_HERE:
        return _SAID_HERE[section]
    annotation = Settings.model_fields[section].annotation
    return (inspect.getdoc(annotation) or section).splitlines()[0]


def params_yaml(settings: Settings) -> str:
    """Settings as the text of params.yaml; reading it gives them back.

    Every key is written, defaults too: DVC watches keys of the file, and a
    reader sees what can be changed.
    """
    values = settings.model_dump(mode="json")
    blocks = [
        f"# {_about(section)}\n"
        + yaml.safe_dump({section: value}, sort_keys=False, allow_unicode=True, width=100)
        for section, value in values.items()
    ]
    return HEADER + "\n" + "\n".join(blocks)
