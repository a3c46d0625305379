"""The encoder as it is named on the command line, and its files on the disk."""

from components.encoders.config import ConseConfig, EncoderConfig, OpenClipConfig
from components.encoders.open_clip_source import LOCAL_PREFIX, WEIGHT_SUFFIXES
from components.errors import InputError

FORMS = "conse, open_clip:MODEL:PRETRAINED_TAG_OR_FILE or open_clip:local-dir:FOLDER"


def checkpoint_of(config: EncoderConfig) -> str | None:
    """The local file or folder that holds the encoder's weights, if there is one."""
    match config:
        case ConseConfig():
            return None
        case OpenClipConfig(model=model) if model.startswith(LOCAL_PREFIX):
            return model.removeprefix(LOCAL_PREFIX)
        case OpenClipConfig(pretrained=str(pretrained)):
            # A slash or a known ending tells a file from one of open_clip's tags.
            is_file = "/" in pretrained or pretrained.endswith(WEIGHT_SUFFIXES)
            return pretrained if is_file else None
        case OpenClipConfig():
            return None


def image_tower_of(config: EncoderConfig) -> str | None:
    """The local file whose image tower takes the place of the encoder's own, if there is one."""
    return config.image_tower if isinstance(config, OpenClipConfig) else None


def with_checkpoint(config: EncoderConfig, path: str) -> EncoderConfig:
    """The same encoder with its local weights named by another path."""
    match config:
        case OpenClipConfig(model=model) if model.startswith(LOCAL_PREFIX):
            return OpenClipConfig(model=LOCAL_PREFIX + path)
        case OpenClipConfig(model=model):
            return OpenClipConfig(model=model, pretrained=path)
        case ConseConfig():
            return config


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
    if kind == "open_clip" and rest.startswith(LOCAL_PREFIX) and rest != LOCAL_PREFIX:
        return OpenClipConfig(model=rest)
    model, _, pretrained = rest.partition(":")
    if kind == "open_clip" and model and pretrained:
        return OpenClipConfig(model=model, pretrained=pretrained)
    raise InputError(f"The encoder {text!r} is of no known form; allowed are {FORMS}.")
