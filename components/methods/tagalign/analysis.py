"""What each kind of tag teaches: retrieval by objects and by attributes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as functional
from jaxtyping import Bool, Float, Float32

from components.metrics.bootstrap import (
    Interval,
    draw_images,
    drawn_average_precision,
    drawn_mean_average_precision,
    interval,
)
from components.metrics.ranking import average_precision, mean_average_precision
from components.models.heads.projected import ProjectedHead


@dataclass(frozen=True, slots=True)
class Queries:
    """Texts of one kind and the images that answer them."""

    names: tuple[str, ...]
    vectors: Float[np.ndarray, "queries embed"]
    truth: Bool[np.ndarray, "images queries"]


@dataclass(frozen=True, slots=True)
class KindScore:
    """Mean average precision of one variant on one kind of queries.

    Attributes:
        map_all: With its interval over draws of images.
        gain: Difference to the reference variant, paired draw by draw; None for itself.
    """

    map_all: Interval
    gain: Interval | None


def score_queries(
    head: ProjectedHead,
    regions: Float[np.ndarray, "images regions embed"],
    queries: Float[np.ndarray, "queries embed"],
    *,
    batch_size: int = 64,
) -> Float32[np.ndarray, "images queries"]:
    """Similarity of each image and each query, any texts, as the head was trained.

    Args:
        head: Its labels do not matter.
        regions: Region vectors; read batch by batch.
        queries: Text vectors.
        batch_size: Images at a time.
    """
    texts = functional.normalize(torch.from_numpy(np.asarray(queries, np.float32)), dim=1)
    parts: list[np.ndarray] = []
    with torch.inference_mode():
        for start in range(0, len(regions), batch_size):
            batch = np.asarray(regions[start : start + batch_size], np.float32)
            parts.append(head.similarity(torch.from_numpy(batch), texts).numpy())
    return np.concatenate(parts)


def per_kind_analysis(
    variants: Mapping[str, ProjectedHead],
    regions: Float[np.ndarray, "images regions embed"],
    queries: Mapping[str, Queries],
    *,
    reference: str,
    num_draws: int = 500,
    seed: int = 0,
) -> dict[str, dict[str, KindScore]]:
    """Each variant on each kind of queries, by variant and kind.

    Args:
        variants: For instance trained with objects only, attributes only, both.
        regions: Of the images that are searched.
        queries: By kind.
        reference: The variant that gains are measured against.
        num_draws: Of the images, shared by all variants.
        seed: Of the draws.
    """
    weights = draw_images(len(regions), num_draws, seed=seed)
    result: dict[str, dict[str, KindScore]] = {name: {} for name in variants}
    for kind, asked in queries.items():
        known = np.ones_like(asked.truth)
        values: dict[str, float] = {}
        draws: dict[str, np.ndarray] = {}
        for name, head in variants.items():
            scores = score_queries(head, regions, asked.vectors)
            per_query = average_precision(scores, asked.truth)
            values[name] = mean_average_precision(per_query, asked.names).value
            drawn = drawn_average_precision(scores, asked.truth, known, weights)
            draws[name] = drawn_mean_average_precision(drawn)
        for name in variants:
            apart = None
            if name != reference:
                apart = interval(values[name] - values[reference], draws[name] - draws[reference])
            result[name][kind] = KindScore(interval(values[name], draws[name]), apart)
    return result
