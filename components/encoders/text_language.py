"""Which languages an encoder's texts may be written in."""

from typing import Literal

from components.encoders.config import EncoderConfig, OpenClipConfig

# Families of open_clip that were taught captions of many languages.
_MANY = ("xlm-roberta", "nllb", "siglip2", "i18n", "mt5")


def text_language(config: EncoderConfig) -> Literal["English", "many"]:
    """English, unless the architecture's name is of a family that reads many languages.

    Example:
        >>> from components.encoders.config import ConseConfig
        >>> text_language(ConseConfig())
        'English'
    """
    name = config.model.casefold() if isinstance(config, OpenClipConfig) else ""
    return "many" if any(family in name for family in _MANY) else "English"
