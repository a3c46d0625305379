"""How an encoder is described: in settings, in serving bundles and on the command line.

Nothing heavy is imported here, so settings can be checked without torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from components.encoders.hub_files import HubFiles
from components.encoders.short_names import SHORT_NAMES, licence_of
from components.errors import InputError

LOCAL_PREFIX = "local-dir:"
FORMS = (
    f"conse, {', '.join(SHORT_NAMES)} (`efuda encoders` tells about them), "
    "open_clip:MODEL:PRETRAINED_TAG_OR_FILE or open_clip:local-dir:FOLDER"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenClipConfig:
    """Any open_clip architecture, by pretrained tag or by local checkpoint."""

    kind: Literal["open_clip"] = "open_clip"
    """Which of the encoders this is."""
    model: str
    """An architecture's name, or ``local-dir:PATH`` for a directory that holds
    open_clip_config.json and open_clip_model.safetensors."""
    pretrained: str | None = None
    """A pretrained tag, a checkpoint file, or null with ``local-dir:``."""
    image_tower: str | None = None
    """A safetensors file of image tower weights that take the place of the model's own, as
    training end to end leaves one with a tagger."""
    hub: HubFiles | None = None
    """The files that hold the weights of ``pretrained``, as ``--encoder NAME`` first fetched
    them; null leaves it to open_clip where they come from."""

    def __post_init__(self) -> None:
        if self.hub is not None and (self.pretrained is None or ":" in self.model):
            raise ValueError("hub goes with a model and a tag of open_clip's: set pretrained")

    def described(self) -> str:
        """What it is made of, and under which licence, for model cards."""
        weights = f" with {self.pretrained}" if self.pretrained else ""
        if self.hub is not None and (licence := licence_of(self.hub.repository)):
            return (
                f"open_clip {self.model}{weights} ({licence}), from {self.hub.repository} at\n"
                f"commit {self.hub.revision}."
            )
        return (
            f"open_clip {self.model}{weights}. Its weights have a licence of their own, which\n"
            "Efuda does not know; see where they came from."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ConseConfig:
    """The embedded encoder for photographs, which needs no download."""

    kind: Literal["conse"] = "conse"
    """Which of the encoders this is."""
    image_size_px: int = 288
    """Side that pictures are scaled to, in pixels; 64 to 1,024."""
    variant: Literal["plain", "local"] = "plain"
    """Where class probabilities are taken. plain: from the averaged feature map, as published;
    local: at each of its places and then averaged, which finds small objects better."""

    def __post_init__(self) -> None:
        if not 64 <= self.image_size_px <= 1024:
            raise ValueError(f"image_size_px must be in 64…1024, got {self.image_size_px}")

    def described(self) -> str:
        """What it is made of, and under which licence, for model cards."""
        return (
            f"conse at {self.image_size_px} px: EfficientNet-Lite0 (Apache-2.0) names ImageNet\n"
            "classes, MiniLM (Apache-2.0) turns their names into vectors."
        )


EncoderConfig = OpenClipConfig | ConseConfig
"""Every kind; settings and bundles read their lists off this one."""

ENCODER_CONFIGS: Mapping[str, type[EncoderConfig]] = {
    str(next(field.default for field in fields(each) if field.name == "kind")): each
    for each in get_args(EncoderConfig)
}
"""By kind, which is how files name them."""


def read_encoder(values: Mapping[str, Any]) -> EncoderConfig:
    """The configuration that ``dataclasses.asdict`` made these plain values of.

    Raises:
        KeyError: If its kind is not known.
        TypeError: If a key is missing or not known.
        ValueError: If a value is not allowed.
    """
    hub = values.get("hub")
    known: dict[str, Any] = {**values, **({} if hub is None else {"hub": HubFiles(**hub)})}
    return ENCODER_CONFIGS[values["kind"]](**known)


def parse_encoder(text: str) -> EncoderConfig:
    """The encoder that ``--encoder`` names; paths stay as they were given.

    Nothing is fetched, so an encoder with a short name is not yet held to its files.

    Raises:
        InputError: If the form is not one of :data:`FORMS`.

    Example:
        >>> parse_encoder("open_clip:ViT-B-32:openai").pretrained
        'openai'
    """
    kind, _, rest = text.partition(":")
    if kind == "conse" and not rest:
        return ConseConfig()
    if text in SHORT_NAMES:
        return OpenClipConfig(
            model=SHORT_NAMES[text].model, pretrained=SHORT_NAMES[text].pretrained
        )
    if kind == "open_clip" and rest.startswith(LOCAL_PREFIX) and rest != LOCAL_PREFIX:
        return OpenClipConfig(model=rest)
    model, _, pretrained = rest.partition(":")
    if kind == "open_clip" and model and pretrained:
        return OpenClipConfig(model=model, pretrained=pretrained)
    raise InputError(f"The encoder {text!r} is of no known form; allowed are {FORMS}.")
