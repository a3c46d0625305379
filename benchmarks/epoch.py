"""How much faster an epoch is from cached features than end to end.

Run from the project root: ``python -m benchmarks.epoch [--json] [--cards PROJECT]``.
PROJECT is a finished cards project, by default this folder after ``make demo``. The same
head (efuda's: whole image and 16 regions), the same images, batches and optimiser steps.
End to end every image is read, decoded, resized and encoded by the frozen encoder in every
epoch; cached, its vectors are read from the feature store. No gradient goes through the
encoder, so this is the smallest gain that caching can have. One thread each.
"""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from torch import Tensor

from benchmarks.figures import Figure, run_on_project
from components.data.examples import Example, read_examples
from components.data.images import decode_image
from components.encoders.catalog import build_encoder
from components.encoders.config_paths import anchored
from components.encoders.encoder import Encoder
from components.features.label_vectors import LabelVectors
from components.features.region_rows import RegionRows
from components.features.store import FeatureStore
from components.labels.tables import read_matrix
from components.labels.vocabulary import Vocabulary
from components.methods.catalog import METHODS
from components.methods.efuda.settings import EfudaSettings
from components.models.images import Images, images_of
from components.training.learner import Batch, Learner
from components.training.task import Holdout, Names, Task
from project.layout import Layout
from project.settings import load_settings

NUM_IMAGES = 256
BATCH_SIZE = 64
NUM_EPOCHS = 5


class Epochs:
    """Both ways to train the same head on the same images."""

    def __init__(self, project: Path) -> None:
        layout = Layout(project)
        settings = load_settings(project / "params.yaml")
        self.root = project
        self.encoder: Encoder = build_encoder(anchored(settings.encoder, project))
        labels = LabelVectors.load(layout.label_vectors)
        store = FeatureStore(layout.features, labels.encoder_id)
        present = store.hashes("original")
        self.rows: list[Example] = [
            row
            for row in read_examples(layout.examples)
            if row.split == "train" and row.modality == "photo" and row.content_hash in present
        ][:NUM_IMAGES]
        hashes = [row.content_hash for row in self.rows]
        vocabulary = Vocabulary.load(layout.vocabulary)
        self.states = read_matrix(layout.labels, [row.id for row in self.rows], vocabulary).states
        self.vectors = store.load_global("original", hashes)
        self.regions = RegionRows(store, "original", hashes)
        task = Task(
            views=self.vectors[None],
            states=self.states,
            names=Names(vectors=labels.vectors, temperature=labels.temperature),
            holdout=Holdout.of(self.vectors, self.states, self.regions),  # nothing is chosen
            regions=(self.regions,),
        )
        self.learner: Learner = METHODS["efuda"].recipe(EfudaSettings()).build(task)
        self.optimizer = torch.optim.Adam(self.learner.parameters(), lr=1e-3)

    def cached(self) -> None:
        """One epoch on stored vectors."""
        for rows in self._batches():
            self._step(images_of(self.vectors[rows], self.regions[rows]), rows)

    def end_to_end(self) -> None:
        """One epoch from the files."""
        for rows in self._batches():
            pixels = torch.stack([self._pixels(self.rows[row]) for row in rows])
            with torch.inference_mode():
                seen = self.encoder.encode_images(pixels)
            images = Images(seen.global_vectors.clone(), seen.region_vectors.clone())
            self._step(images, rows)

    def _pixels(self, row: Example) -> Tensor:
        return self.encoder.preprocess(decode_image(self.root / row.path))

    def _batches(self) -> Iterator[np.ndarray]:
        order = np.random.default_rng(0).permutation(len(self.rows))
        for start in range(0, len(order), BATCH_SIZE):
            yield order[start : start + BATCH_SIZE]

    def _step(self, images: Images, rows: np.ndarray) -> None:
        states = torch.from_numpy(self.states[rows])
        batch = Batch(images, states, torch.from_numpy(rows), epoch=0, num_epochs=NUM_EPOCHS)
        loss = self.learner(batch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        self.learner.after_step()


def measure(project: Path) -> Iterator[Figure]:
    """Seconds an image and epoch both ways, interleaved, and their ratio."""
    torch.set_num_threads(1)
    epochs = Epochs(project)
    epochs.cached()  # the first pass opens files and warms up
    ratios: list[float] = []
    seconds: dict[str, list[float]] = {"cached": [], "end_to_end": []}
    console = Console(stderr=True)
    for _ in track(range(NUM_EPOCHS), "epochs", console=console, transient=True):
        for name, run in (("cached", epochs.cached), ("end_to_end", epochs.end_to_end)):
            start = time.process_time()
            run()
            seconds[name].append((time.process_time() - start) / len(epochs.rows))
        ratios.append(seconds["end_to_end"][-1] / seconds["cached"][-1])
    for name, values in seconds.items():
        yield Figure(
            name=f"epoch_{name}_ms_an_image",
            value=1000 * statistics.median(values),
            unit="ms",
            low=1000 * min(values),
            high=1000 * max(values),
        )
    yield Figure(
        name="epoch_speedup",
        value=statistics.median(ratios),
        unit="1",
        low=min(ratios),
        high=max(ratios),
        against=20.0,
    )


if __name__ == "__main__":
    run_on_project(measure, __doc__ or "")
