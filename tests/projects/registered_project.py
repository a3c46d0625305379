"""A small project as evaluate and index would leave it, ready to be registered."""

import functools
import tempfile
from pathlib import Path

import numpy as np

from components.atomic import write_json
from components.calibration.calibration import Calibration
from components.features.label_vectors import LabelVectors
from components.labels.vocabulary import Vocabulary
from components.models.heads.linear import LinearHead
from components.models.tagger import Tagger
from pipelines.register.stage import run as register
from project.environment import quiet_environment
from project.layout import Layout
from project.settings import load_settings
from project.stage_command import Report
from tests.projects.learning_project import ENCODER_ID, make_project

RECIPE = "vlpl"
ZERO_SHOT_NOISE = 2.0


@functools.cache
def empty_database() -> bytes:
    """A fresh database of MLflow's; making one takes seconds, copying it none."""
    quiet_environment()
    from mlflow.tracking import MlflowClient

    with tempfile.TemporaryDirectory() as folder:
        # Asked anything, MLflow makes the database; Efuda's registry would not.
        MlflowClient(f"sqlite:///{folder}/mlflow.db").search_registered_models()
        return (Path(folder) / "mlflow.db").read_bytes()


def evaluated_project(root: Path, **sections) -> Layout:
    layout = make_project(root, **sections)
    (root / "mlflow.db").write_bytes(empty_database())
    write_json(layout.prepare_report, {"hide": None})
    write_json(layout.index / "index.json", {"encoder_id": ENCODER_ID})
    save_tagger(layout, "zero_shot", noise=ZERO_SHOT_NOISE)
    put_tagger(layout, noise=0.0)
    return layout


def save_tagger(layout: Layout, recipe: str, *, noise: float) -> Vocabulary:
    """A tagger whose ranking gets worse with ``noise``; the labels that it knows."""
    text = LabelVectors.load(layout.label_vectors)
    vocabulary = Vocabulary.load(layout.vocabulary)
    random = np.random.default_rng(5)
    weight = text.vectors + noise * random.normal(size=text.vectors.shape)
    Tagger(
        recipe=recipe,
        seed=0,
        encoder_id=ENCODER_ID,
        vocabulary=vocabulary,
        head=LinearHead.of(
            weight.astype(np.float32),
            np.zeros(len(vocabulary), np.float32),
        ),
    ).save(layout.tagger(recipe, 0))
    return vocabulary


def put_tagger(layout: Layout, *, noise: float, mean: float = 0.8) -> None:
    """A trained tagger of that noise, chosen and measured."""
    vocabulary = save_tagger(layout, RECIPE, noise=noise)
    _calibration(vocabulary.names).save(layout.calibration(RECIPE, 0))
    write_json(layout.selection, {"recipe": RECIPE, "seed": 0, "recipes": {}, "num_labelled": 0})
    figure = {"mean": mean, "low": mean - 0.1, "high": mean + 0.1}
    recipes = {"zero_shot": {**figure, "mean": 0.5}, RECIPE: figure}
    test = {
        name: {metric: {**each, "seeds": [each["mean"]]} for metric in ("mAP", "CF1", "OF1")}
        for name, each in recipes.items()
    }
    write_json(layout.metrics, {"test": test})


def register_here(layout: Layout) -> Report:
    return register(load_settings(layout.params), layout)


def _calibration(names: tuple[str, ...]) -> Calibration:
    ones = np.ones(len(names))
    return Calibration(
        names=names,
        slope=ones,
        intercept=0 * ones,
        threshold=0.5 * ones,
        threshold_low=0.4 * ones,
        threshold_high=0.6 * ones,
        f_beta=ones,
        positives=np.full(len(names), 9),
        negatives=np.full(len(names), 9),
        source=("class",) * len(names),
        holdout_positives=np.full(len(names), 9),
    )
