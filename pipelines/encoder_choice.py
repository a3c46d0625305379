"""The encoder as it is named on the command line, and its files on the disk."""

from pathlib import Path

from components.encoders.config import ConseConfig, EncoderConfig, OpenClipConfig
from components.errors import InputError

LOCAL_DIR = "local-dir:"
WEIGHT_SUFFIXES = (".pt", ".pth", ".bin", ".safetensors", ".ckpt")
FORMS = "conse, open_clip:MODEL:PRETRAINED_TAG_OR_FILE or open_clip:local-dir:FOLDER"


def looks_like_path(pretrained: str) -> bool:
    """Whether ``pretrained`` means a file rather than one of open_clip's tags."""
    return "/" in pretrained or pretrained.endswith(WEIGHT_SUFFIXES)


def checkpoint_of(config: EncoderConfig) -> str | None:
    """The local file or folder that holds the encoder's weights, if there is one."""
    match config:
        case ConseConfig():
            return None
        case OpenClipConfig(model=model) if model.startswith(LOCAL_DIR):
            return model.removeprefix(LOCAL_DIR)
        case OpenClipConfig(pretrained=pretrained):
            return pretrained if pretrained and looks_like_path(pretrained) else None


def check_checkpoint(path: Path) -> None:
    """Refuse a checkpoint that is missing or incomplete.

    Raises:
        InputError: Saying which file is missing.
    """
    if path.is_dir():
        if not (path / "open_clip_config.json").is_file():
            raise InputError(
                f"The encoder's folder {path} has no open_clip_config.json. It must hold that "
                "file and open_clip_model.safetensors, as open_clip's local-dir: scheme expects."
            )
        weights = [file for file in path.iterdir() if file.suffix in WEIGHT_SUFFIXES]
        if not weights:
            raise InputError(
                f"The encoder's folder {path} has no weights; put open_clip_model.safetensors there."
            )
    elif not path.is_file():
        raise InputError(
            f"The encoder's checkpoint {path} does not exist. Give the path of a file with weights, "
            "a folder by local-dir:FOLDER, or one of open_clip's tags (without a slash)."
        )
    elif path.stat().st_size == 0:
        raise InputError(f"The encoder's checkpoint {path} is empty; fetch it again.")


def parse_encoder(text: str) -> EncoderConfig:
    """The encoder that ``--encoder`` names; paths stay as they were given.

    Raises:
        InputError: If the form is not one of :data:`FORMS`.

    Example:
        >>> parse_encoder("open_clip:ViT-B-32:openai").pretrained
        'openai'
    """
    kind, _, rest = text.partition(":")
    if kind == "conse" and not rest:
        return ConseConfig()
    if kind == "open_clip" and rest.startswith(LOCAL_DIR) and rest != LOCAL_DIR:
        return OpenClipConfig(model=rest)
    model, _, pretrained = rest.partition(":")
    if kind == "open_clip" and model and pretrained:
        return OpenClipConfig(model=model, pretrained=pretrained)
    raise InputError(f"The encoder {text!r} is of no known form; allowed are {FORMS}.")
