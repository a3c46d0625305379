"""What there is to embed: which images, in which shards, and what is done already."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from components.atomic import read_json, write_json
from components.data.examples import Example
from components.encoders.batches import View
from components.errors import ArtefactError
from components.features.store import FeatureStore
from project.settings import EmbedSettings

QUEUE_FILE = "queue.json"


@dataclass(frozen=True, slots=True)
class ImageWork:
    """One distinct image: its content hash, and every place where its bytes lie."""

    content_hash: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EmbedPlan:
    """Shards still to compute, of ``num_images`` distinct images in all."""

    shards: tuple[tuple[ImageWork, ...], ...]
    num_images: int

    @property
    def num_missing(self) -> int:
        return sum(len(shard) for shard in self.shards)


def distinct_images(examples: Sequence[Example], root: Path) -> list[ImageWork]:
    """Group examples by content, in the order of the first example of each."""
    paths: dict[str, list[str]] = {}
    for example in examples:
        paths.setdefault(example.content_hash, []).append(str((root / example.path).absolute()))
    return [ImageWork(content_hash, tuple(places)) for content_hash, places in paths.items()]


def missing_by_view(
    store: FeatureStore, images: Sequence[ImageWork], views: Sequence[View]
) -> dict[tuple[ImageWork, ...], tuple[View, ...]]:
    """Which images lack which views, grouped so that each group is computed in one go."""
    groups: dict[tuple[ImageWork, ...], tuple[View, ...]] = {}
    for view in views:
        stored = store.hashes(view)
        missing = tuple(image for image in images if image.content_hash not in stored)
        if missing:
            groups[missing] = (*groups.get(missing, ()), view)
    return groups


def make_plan(
    store: FeatureStore, images: Sequence[ImageWork], settings: EmbedSettings
) -> EmbedPlan:
    """Cut what is missing into shards.

    The list is written down first. A run that was killed finds it and cuts the
    same shards again, so the images that share a batch, and with them the last
    bits of every vector, are those of an uninterrupted run.
    """
    groups = missing_by_view(store, images, settings.views)
    missing = {image.content_hash for group in groups for image in group}
    if not missing:
        forget_queue(store)
        return EmbedPlan((), len(images))
    queue = _resumed_or_new(store, images, missing, settings)
    by_hash = {image.content_hash: image for image in images}
    size = settings.shard_size
    shards = [
        tuple(by_hash[content_hash] for content_hash in queue[start : start + size])
        for start in range(0, len(queue), size)
    ]
    todo = (shard for shard in shards if any(image.content_hash in missing for image in shard))
    return EmbedPlan(tuple(todo), len(images))


def forget_queue(store: FeatureStore) -> None:
    """Call when everything in the queue has been tried."""
    (store.directory / QUEUE_FILE).unlink(missing_ok=True)


def drop_shards_without_regions(store: FeatureStore, views: Sequence[View]) -> None:
    """Remove shards that lack the region vectors now asked for; they are computed anew."""
    for view in views:
        for shard in store.shards(view):
            if not shard.has_regions:
                # The description goes first: without it the arrays do not count.
                Path(f"{shard.stem}.json").unlink()
                Path(f"{shard.stem}-global.npy").unlink(missing_ok=True)


def _resumed_or_new(
    store: FeatureStore, images: Sequence[ImageWork], missing: set[str], settings: EmbedSettings
) -> list[str]:
    path = store.directory / QUEUE_FILE
    facts = [settings.views, settings.regions, settings.shard_size, settings.batch_size]
    key = blake3("\n".join([str(facts), *(image.content_hash for image in images)]).encode())
    if path.exists():
        try:
            content = read_json(path)
        except ArtefactError:
            content = {}
        if content.get("key") == key.hexdigest() and missing <= set(content["hashes"]):
            return content["hashes"]
    queue = [image.content_hash for image in images if image.content_hash in missing]
    write_json(path, {"key": key.hexdigest(), "hashes": queue})
    return queue
