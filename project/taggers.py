"""What calibrate and evaluate share: the taggers found, and their logits on a split."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from components.data.examples import Example, Split, read_examples
from components.errors import ArtefactError, InputError
from components.features.region_rows import RegionRows
from components.features.store import FeatureStore
from components.labels.tables import read_labels
from components.labels.vocabulary import Vocabulary
from components.methods.catalog import METHODS
from components.models.tagger import Tagger
from project.layout import Layout

VIEW = "original"


@dataclass(frozen=True, slots=True)
class TaggerFile:
    """A tagger on disk, not loaded yet."""

    recipe: str
    seed: int
    directory: Path


def found_taggers(layout: Layout) -> list[TaggerFile]:
    """Every tagger that train left, baselines first, seeds in order.

    Raises:
        ArtefactError: If there is none.
    """
    found = [
        TaggerFile(
            path.parent.parent.name, int(path.parent.name.removeprefix("seed-")), path.parent
        )
        for path in layout.taggers.glob("*/seed-*/tagger.json")
    ]
    if not found:
        raise ArtefactError(f"{layout.taggers} holds no tagger; run `efuda run train` first.")
    return sorted(found, key=lambda file: (_place(file.recipe), file.recipe, file.seed))


def load_tagger(file: TaggerFile, vocabulary: Vocabulary) -> Tagger:
    """Read a tagger and make sure that it speaks of the project's labels.

    Raises:
        ArtefactError: If it was trained for other labels.
    """
    tagger = Tagger.load(file.directory)
    if tagger.vocabulary.names != vocabulary.names:
        raise ArtefactError(
            f"{file.directory} was trained for {len(tagger.vocabulary)} labels that are not those "
            f"of the project ({len(vocabulary)}); run `efuda run train`."
        )
    return tagger


def embedded_photos(layout: Layout, split: Split, encoder_id: str) -> list[Example]:
    """Photographs of a split that embed could read, by id.

    Raises:
        InputError: If there is none, and some label is known that could be learned or measured.
    """
    present = FeatureStore(layout.features, encoder_id).hashes(VIEW)
    photos = [
        row
        for row in read_examples(layout.examples)
        if row.split == split and row.modality == "photo" and row.content_hash in present
    ]
    if not photos and read_labels(layout.labels).num_rows:
        raise InputError(
            f"The {split} split has no photograph with vectors of encoder {encoder_id}; "
            "run `efuda run embed`, or change the shares under `splits` in params.yaml."
        )
    return sorted(photos, key=lambda row: row.id)


def vectors_of(tagger: Tagger, layout: Layout) -> FeatureStore:
    """The vectors that a tagger reads: embed's, or those of its own encoder.

    Train keeps the latter with its taggers; those of a champion that is no more among
    them are computed for a comparison, lie in scratch and are removed after it.
    """
    if tagger.trained_encoder is None:
        return FeatureStore(layout.features, tagger.encoder_id)
    kept = FeatureStore(layout.trained_features, tagger.encoder_id)
    return kept if kept.hashes(VIEW) else FeatureStore(layout.compared_features, tagger.encoder_id)


def split_logits(
    tagger: Tagger, photos: Sequence[Example], layout: Layout
) -> Float[np.ndarray, "examples labels"]:
    """Logits of the photographs, in their order."""
    return stored_logits(tagger, [photo.content_hash for photo in photos], layout)


def stored_logits(
    tagger: Tagger, hashes: Sequence[str], layout: Layout
) -> Float[np.ndarray, "examples labels"]:
    """Logits of images whose vectors are kept, by content hash.

    Raises:
        ArtefactError: If vectors are missing, or region vectors that the tagger reads.
    """
    store = vectors_of(tagger, layout)
    regions = RegionRows(store, VIEW, hashes) if tagger.needs_regions else None
    return tagger.logits(store.load_global(VIEW, hashes), regions)


def _place(recipe: str) -> int:
    names = list(METHODS)
    return names.index(recipe) if recipe in METHODS else len(names)
