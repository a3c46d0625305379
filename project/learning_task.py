"""What tune, pseudo_label and train read, brought into memory once.

Sketches and the test split never enter: nothing here may learn from them.
"""

from dataclasses import dataclass

import numpy as np
from blake3 import blake3
from jaxtyping import Float32

from components.atomic import read_json
from components.data.examples import Example, Split, read_examples
from components.errors import InputError
from components.features.label_vectors import LabelVectors
from components.features.region_rows import RegionRows, has_regions
from components.features.store import FeatureStore
from components.labels.holdout import SelectionRule, selection_rule, selection_truth
from components.labels.matrix import LabelMatrix
from components.labels.tables import read_matrix
from components.labels.vocabulary import Vocabulary
from components.methods.tagalign.kept_captions import KeptCaptions
from components.models.prompt_tokens import Prompter
from components.models.regions import Regions
from components.training.data import Holdout, Names, Schedule
from project.caption_recipes import reads_captions
from project.layout import Layout
from project.prompter import prompter_for
from project.settings import Settings
from project.settings.train import TrainSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The photographs of one split: known cells and vectors of every view."""

    labels: LabelMatrix
    content_hashes: tuple[str, ...]
    views: Float32[np.ndarray, "views examples embed"]
    regions: tuple[Regions, ...]
    """One a view, read from disk when asked for; empty where none were embedded."""

    def zero_shot_logits(self, labels: LabelVectors) -> Float32[np.ndarray, "examples labels"]:
        """Cosine ÷ temperature, averaged over the views."""
        cosines = np.mean([view @ labels.vectors.T for view in self.views], axis=0)
        return (cosines / labels.temperature).astype(np.float32)


@dataclass(frozen=True, kw_only=True, slots=True)
class LearningData:
    """Training photographs, the hold-out, and the vectors of the label names."""

    vocabulary: Vocabulary
    label_vectors: LabelVectors
    train: Part
    val: Part
    rule: SelectionRule
    captions: KeptCaptions | None = None
    """Of the training photographs; only where a recipe learns from them."""
    prompter: Prompter | None = None
    """Only where prompts are learned as tokens."""
    num_from_captions: int = 0
    """Cells of the whole project that were read from captions."""

    @property
    def holdout(self) -> Holdout:
        """The hold-out as it is scored under the selection rule, original view."""
        truth, known = selection_truth(self.val.labels.states, self.rule)
        regions = self.val.regions[0] if self.val.regions else None
        return Holdout(vectors=self.val.views[0], truth=truth, known=known, regions=regions)

    @property
    def names(self) -> Names:
        """The label names as recipes see them."""
        labels = self.label_vectors
        return Names(vectors=labels.vectors, temperature=labels.temperature, prompter=self.prompter)

    @property
    def fingerprint(self) -> str:
        """Hash of all labels and of which vectors are used."""
        digest = blake3(self.label_vectors.encoder_id.encode())
        digest.update(self.label_vectors.vectors.tobytes())
        for part in (self.train, self.val):
            digest.update("\n".join(part.content_hashes).encode())
            digest.update(part.labels.states.tobytes())
            digest.update(str((part.views.shape, len(part.regions))).encode())
        return digest.hexdigest()[:16]


def load_learning_data(settings: Settings, layout: Layout) -> LearningData:
    """Read labels and vectors of train and val.

    Raises:
        InputError: If a split is empty or no label is known in training.
    """
    vocabulary = Vocabulary.load(layout.vocabulary)
    label_vectors = LabelVectors.load(layout.label_vectors)
    store = FeatureStore(layout.features, label_vectors.encoder_id)
    examples = [row for row in read_examples(layout.examples) if row.modality == "photo"]
    parts: dict[Split, Part] = {}
    for split in ("train", "val"):
        rows = [row for row in examples if row.split == split]
        parts[split] = _part(split, rows, vocabulary, store, settings, layout)
    if not parts["train"].labels.known.any():
        raise InputError(
            "No label of any training image is known, so nothing can be learned from labels. "
            "Give some labels (source.annotations), or use zero-shot alone: "
            "set train.recipes to [zero_shot]."
        )
    captions = None
    if reads_captions(settings):
        captions = KeptCaptions.load(layout.captions).of(parts["train"].labels.example_ids)
    return LearningData(
        vocabulary=vocabulary,
        label_vectors=label_vectors,
        train=parts["train"],
        val=parts["val"],
        rule=selection_rule(parts["val"].labels.states),
        captions=captions,
        prompter=prompter_for(settings, layout, vocabulary, label_vectors),
        num_from_captions=_num_from_captions(layout),
    )


def _num_from_captions(layout: Layout) -> int:
    if not layout.prepare_report.exists():
        return 0
    return int(read_json(layout.prepare_report).get("num_from_captions", 0))


def _part(
    split: Split,
    rows: list[Example],
    vocabulary: Vocabulary,
    store: FeatureStore,
    settings: Settings,
    layout: Layout,
) -> Part:
    rows = _embedded(rows, store)
    if not rows:
        raise InputError(
            f"The {split} split has no photograph; change the shares under `splits` in "
            "params.yaml or add images."
        )
    hashes = tuple(row.content_hash for row in rows)
    views = np.stack([store.load_global(view, hashes) for view in settings.embed.views])
    labels = read_matrix(layout.labels, [row.id for row in rows], vocabulary)
    with_regions = all(has_regions(store, view) for view in settings.embed.views)
    regions: tuple[Regions, ...] = ()
    if with_regions:
        regions = tuple(RegionRows(store, view, hashes) for view in settings.embed.views)
    return Part(labels=labels, content_hashes=hashes, views=views, regions=regions)


def _embedded(rows: list[Example], store: FeatureStore) -> list[Example]:
    """Without the images that embed had to quarantine."""
    present = store.hashes("original")
    return [row for row in rows if row.content_hash in present]


def schedule_of(settings: TrainSettings) -> Schedule:
    """The schedule that all recipes share."""
    return Schedule(
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        weight_decay=settings.weight_decay,
        checkpoint_every=settings.checkpoint_every,
        precision=settings.precision,
        device="cuda" if settings.use_gpu else "cpu",
    )
