"""The text tower that prompts are learned through, where the settings ask for it."""

from typing import TYPE_CHECKING

from components.features.label_vectors import LabelVectors
from components.labels.vocabulary import Vocabulary
from project.encoder import project_encoder
from project.layout import Layout
from project.settings import Settings

if TYPE_CHECKING:
    from components.models.prompt_tokens import Prompter


def prompter_for(
    settings: Settings, layout: Layout, vocabulary: Vocabulary, label_vectors: LabelVectors
) -> "Prompter | None":
    """The encoder's text tower with all labels' sentences, or None with residual prompts.

    Of several templates the first is learned on.

    Raises:
        InputError: If the encoder has no tower of the kind, or a label is too long.
        ArtefactError: If vectors were embedded by another encoder.
    """
    if settings.train.prompts == "residual":
        return None
    from components.encoders.prompt_tower import prompter_of

    encoder = project_encoder(settings, layout, label_vectors.encoder_id)
    return prompter_of(encoder, vocabulary.names, settings.prompts.templates[0])
