"""The situation of the prepared labels: for the data report, and for validation.json."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from components.labels.holdout import selection_rule
from components.labels.situation import KnownCells, Situation, situation_of
from components.labels.situation_words import SituationWords, situation_words
from components.labels.states import ABSENT, PRESENT, Provenance
from pipelines.validate.frames import Prepared


@dataclass(frozen=True, slots=True)
class ReadSituation:
    """What was found, and what there is to say of it."""

    situation: Situation
    words: SituationWords

    def as_json(self) -> dict[str, object]:
        """As it stands in validation.json."""
        found = self.situation
        kept = found.kept
        return {
            "kind": found.kind,
            "labelled": {name: each.num_labelled for name, each in found.splits.items()},
            "present": {
                name: dict(zip(found.names, each.present.tolist(), strict=True))
                for name, each in found.splits.items()
            },
            "absent": {
                name: dict(zip(found.names, each.absent.tolist(), strict=True))
                for name, each in found.splits.items()
            },
            "implied": found.num_implied,
            "labels_where_silence_is_absence": found.num_complete,
            "labels_with_absences": found.num_with_absences,
            "kept_label": None
            if kept is None
            else {
                "verdict": kept.verdict,
                "place": kept.place,
                "low": kept.low,
                "high": kept.high,
                "photos_compared": kept.num_photos,
            },
            "found": list(self.words.found),
            "follows": list(self.words.follows),
            "cannot_be_known": list(self.words.unknown),
        }


def read_situation(prepared: Prepared, *, from_captions: bool, min_positives: int) -> ReadSituation:
    """Read the situation off the tables.

    Args:
        prepared: The tables; rows that are none of a photograph's cells are passed over.
        from_captions: Whether prepare read the labels from captions.
        min_positives: ``calibrate.min_positives``.
    """
    cells = _cells(prepared)
    situation = situation_of(cells, from_captions=from_captions)
    holdout = cells.of("val")
    states = np.zeros((holdout.num_photos, len(cells.names)), np.int8)
    states[holdout.rows, holdout.columns] = holdout.states
    verified = selection_rule(states) == "verified"
    words = situation_words(situation, min_positives=min_positives, verified=verified)
    return ReadSituation(situation, words)


def _cells(prepared: Prepared) -> KnownCells:
    photos = prepared.examples[prepared.examples["modality"] == "photo"]
    photos = photos.drop_duplicates("id")
    labels = prepared.labels.drop_duplicates(["example_id", "label"])
    rows = pd.Index(photos["id"]).get_indexer(pd.Index(labels["example_id"]))
    columns = pd.Index(prepared.vocabulary.names).get_indexer(pd.Index(labels["label"]))
    known = labels["state"].isin([PRESENT, ABSENT]).to_numpy()
    usable = (rows >= 0) & (columns >= 0) & known
    return KnownCells(
        names=prepared.vocabulary.names,
        splits=photos["split"].fillna("").tolist(),
        rows=rows[usable].astype(np.int64),
        columns=columns[usable].astype(np.int64),
        states=labels["state"].to_numpy()[usable].astype(np.int64),
        implied=(labels["provenance"] == str(Provenance.IMPLIED)).to_numpy(dtype=bool)[usable],
    )
