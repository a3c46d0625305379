"""The encoder that the settings name, held to the one that the vectors are of."""

from components.encoders.catalog import build_encoder
from components.encoders.config_paths import anchored
from components.encoders.encoder import Encoder
from components.errors import ArtefactError
from project.layout import Layout
from project.settings import Settings


def project_encoder(settings: Settings, layout: Layout, embedded_by: str) -> Encoder:
    """The project's encoder.

    Args:
        settings: They name it.
        layout: Where its local files start from.
        embedded_by: Id of the encoder whose vectors the project holds.

    Raises:
        ArtefactError: If the settings name another.
    """
    encoder = build_encoder(anchored(settings.encoder, layout.root))
    if encoder.id != embedded_by:
        raise ArtefactError(
            f"The settings name encoder {encoder.id}, the vectors are of {embedded_by}; "
            "run `efuda run embed` first."
        )
    return encoder
