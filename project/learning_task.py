"""What tune, pseudo_label and train learn from, brought into memory once.

Sketches and the test split never enter: nothing here may learn from them.
"""

from dataclasses import dataclass

import numpy as np
from blake3 import blake3
from jaxtyping import Float32

from components.captions.kept_captions import KeptCaptions
from components.data.examples import Example, Split, read_examples
from components.errors import InputError
from components.features.label_vectors import LabelVectors
from components.features.region_rows import RegionRows, has_regions
from components.features.store import FeatureStore
from components.labels.matrix import LabelMatrix
from components.labels.tables import read_labels, read_matrix
from components.labels.vocabulary import Vocabulary
from components.methods.catalog import METHODS
from components.models.images import Regions
from components.models.prompt_tokens import Prompter
from components.training.task import Holdout, Names, Task
from project.encoder import project_encoder
from project.layout import Layout
from project.settings import Settings

NO_LABEL_KNOWN = (
    "no label of a training photograph is known: methods without training work alone; from about 50 "
    "labelled photographs on training is worth it"
)
"""What stages tell that have nothing to learn from; the number is of docs/results/no-labels.md."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProjectTask:
    """A project's learning task, and whose images and labels it speaks of."""

    task: Task
    vocabulary: Vocabulary
    encoder_id: str
    labels: LabelMatrix
    """Of the training photographs, in the order of the task."""
    content_hashes: tuple[str, ...]
    """Of the same."""
    holdout_hashes: tuple[str, ...]
    """Of the hold-out's photographs."""
    data_hash: str
    """Changes with every label and vector."""
    captions_hash: str
    """Changes with every caption; empty where no recipe reads them."""
    trained: tuple[str, ...]
    """The recipes that are trained: none where no label of a training photograph is known."""

    @property
    def untrained(self) -> tuple[str, ...]:
        """Every method of the catalog that needs no training and has the regions that it reads."""
        return tuple(
            name
            for name, row in METHODS.items()
            if not row.is_trained and row.applies_to(self.task)
        )

    def fingerprint(self, method: str) -> str:
        """Hash of all that a method learns from."""
        captions = self.captions_hash if METHODS[method].reads.captions else ""
        return f"{self.data_hash}{captions}"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Photos:
    """The photographs of one split: known cells and vectors of every view."""

    labels: LabelMatrix
    content_hashes: tuple[str, ...]
    views: Float32[np.ndarray, "views examples embed"]
    regions: tuple[Regions, ...]


def load_task(settings: Settings, layout: Layout) -> ProjectTask:
    """Read labels and vectors of train and val.

    Raises:
        InputError: If a split is empty.
    """
    vocabulary = Vocabulary.load(layout.vocabulary)
    label_vectors = LabelVectors.load(layout.label_vectors)
    # Absolute: trials of a search read regions from a directory of their own.
    store = FeatureStore(layout.features.absolute(), label_vectors.encoder_id)
    examples = [row for row in read_examples(layout.examples) if row.modality == "photo"]
    train, val = (
        _photos(split, examples, vocabulary, store, settings, layout) for split in ("train", "val")
    )
    captions = None
    if settings.train.reads_captions:
        captions = KeptCaptions.load(layout.captions).of(train.labels.example_ids)
    task = Task(
        views=train.views,
        states=train.labels.states,
        names=Names(
            vectors=label_vectors.vectors,
            temperature=label_vectors.temperature,
            prompter=_prompter(settings, layout, vocabulary, label_vectors),
        ),
        holdout=Holdout.of(
            val.views[0], val.labels.states, val.regions[0] if val.regions else None
        ),
        regions=train.regions,
        grid=captions.grid if captions else None,
        captions=captions.images if captions else None,
    )
    return ProjectTask(
        task=task,
        vocabulary=vocabulary,
        encoder_id=label_vectors.encoder_id,
        labels=train.labels,
        content_hashes=train.content_hashes,
        holdout_hashes=val.content_hashes,
        data_hash=_hash(label_vectors, train, val),
        captions_hash=captions.fingerprint if captions else "",
        trained=settings.train.trained if train.labels.known.any() else (),
    )


def _photos(
    split: Split,
    examples: list[Example],
    vocabulary: Vocabulary,
    store: FeatureStore,
    settings: Settings,
    layout: Layout,
) -> _Photos:
    """Of one split; without any known label it may be empty, since nothing is learned from it."""
    embedded = store.hashes("original")  # without the images that embed had to quarantine
    rows = [row for row in examples if row.split == split and row.content_hash in embedded]
    if not rows and read_labels(layout.labels).num_rows:
        raise InputError(
            f"The {split} split has no photograph; change the shares under `splits` in "
            "params.yaml or add images."
        )
    labels = read_matrix(layout.labels, [row.id for row in rows], vocabulary)
    hashes = tuple(row.content_hash for row in rows)
    views = settings.embed.views
    regions: tuple[Regions, ...] = ()
    if all(has_regions(store, view) for view in views):
        regions = tuple(RegionRows(store, view, hashes) for view in views)
    return _Photos(
        labels=labels,
        content_hashes=hashes,
        views=np.stack([store.load_global(view, hashes) for view in views]),
        regions=regions,
    )


def _prompter(
    settings: Settings, layout: Layout, vocabulary: Vocabulary, label_vectors: LabelVectors
) -> Prompter | None:
    """The encoder's text tower with all labels' sentences, where prompts are learned as tokens.

    Of several templates the first is learned on.

    Raises:
        InputError: If the encoder has no tower of the kind, or a label is too long.
        ArtefactError: If vectors were embedded by another encoder.
    """
    if settings.train.given("csa").get("prompts") != "tokens":
        return None
    from components.encoders.prompt_tower import prompter_of

    encoder = project_encoder(settings, layout, label_vectors.encoder_id)
    return prompter_of(encoder, vocabulary.names, settings.prompts.templates[0])


def _hash(label_vectors: LabelVectors, *parts: _Photos) -> str:
    digest = blake3(label_vectors.encoder_id.encode())
    digest.update(label_vectors.vectors.tobytes())
    for part in parts:
        digest.update("\n".join(part.content_hashes).encode())
        digest.update(part.labels.states.tobytes())
        digest.update(str((part.views.shape, len(part.regions))).encode())
    return digest.hexdigest()[:16]
