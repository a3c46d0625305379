"""The tags of each picture of the gallery: given ones first, then predicted ones."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow.compute as pc

from components.atomic import read_json
from components.calibration.calibration import Calibration
from components.calibration.tag_rule import TagRule
from components.data.examples import Example
from components.labels.states import ABSENT, PRESENT, Provenance
from components.labels.tables import read_labels, table_to_matrix
from components.labels.vocabulary import Vocabulary
from components.models.tagger import Tagger
from components.search.gallery import PREDICTED, Gallery, GalleryTag, Picture, gallery_of
from project.layout import Layout
from project.taggers import stored_logits

CHUNK = 8192


def tagged_gallery(layout: Layout, examples: Sequence[Example]) -> tuple[Gallery, str | None]:
    """The gallery of ``examples``, and the recipe that predicted tags (None: none did).

    A label that was given wins over a prediction: present ones become tags
    with probability 1, absent ones never do.
    """
    vocabulary = Vocabulary.load(layout.vocabulary)
    table = read_labels(layout.labels)
    ids = [example.id for example in examples]
    states = table_to_matrix(table, ids, vocabulary).states
    # pyarrow.compute makes its functions when it is imported, unseen by type checkers.
    given_by = {
        who: table_to_matrix(
            table.filter(pc.equal(table["provenance"], str(who))),  # pyright: ignore[reportAttributeAccessIssue]
            ids,
            vocabulary,
        ).known
        for who in (Provenance.REVIEWED, Provenance.IMPLIED)
    }
    chosen = _chosen(layout)
    pictures: list[Picture] = []
    for start in range(0, len(examples), CHUNK):
        part = slice(start, start + CHUNK)
        probabilities = np.zeros(states[part].shape)
        decided = np.zeros(states[part].shape, dtype=bool)
        if chosen is not None:
            tagger, calibration = chosen
            rule = TagRule(calibration, vocabulary)
            hashes = [example.content_hash for example in examples[part]]
            probabilities = rule.probabilities(stored_logits(tagger, hashes, layout))
            decided = rule.given(probabilities)
        present = states[part] == PRESENT
        carried = present | (decided & (states[part] != ABSENT))
        for offset, example in enumerate(examples[part]):
            tags = tuple(
                GalleryTag(
                    vocabulary.names[column],
                    1.0 if present[offset, column] else float(probabilities[offset, column]),
                    _provenance(given_by, start + offset, int(column))
                    if present[offset, column]
                    else PREDICTED,
                )
                for column in np.flatnonzero(carried[offset])
            )
            pictures.append(
                Picture(
                    example.id,
                    example.path,
                    example.content_hash,
                    example.width,
                    example.height,
                    tags,
                )
            )
    return gallery_of(pictures, vocabulary.names), chosen[0].recipe if chosen else None


def _provenance(given_by: Mapping[Provenance, np.ndarray], row: int, column: int) -> str:
    return str(
        next((who for who, cells in given_by.items() if cells[row, column]), Provenance.OBSERVED)
    )


def _chosen(layout: Layout) -> tuple[Tagger, Calibration] | None:
    """The tagger that will be served, if one was trained and calibrated."""
    if not layout.selection.exists():
        return None
    selection = read_json(layout.selection)
    recipe, seed = selection["recipe"], int(selection["seed"])
    tagger = Tagger.load(layout.tagger(recipe, seed))
    return tagger, Calibration.load(layout.calibration(recipe, seed))
