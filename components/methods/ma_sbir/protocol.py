"""Zero-shot sketch retrieval: photographs found by sketches of classes never seen.

The gallery is all photographs, of seen and unseen classes alike (the generalised
setting). A way of asking learns from seen classes only: from photographs that show no
unseen class, sketches of seen classes, and seen classes' names. The same gallery of
photographs, without any label, is known when a query is asked; only ``efuda`` uses it.

=========  ============================================================================
raw        vectors as they are: zero-shot
centred    each modality's mean subtracted
ma_sbir    as published: trained vectors, norm(z − m_sketch + m_photo),
           photographs as they are
converted  ours: a conversion of each sketch by itself, chosen on seen classes
efuda      ``converted``; moved towards its nearest photographs if that helped
           seen classes
=========  ============================================================================
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Int

from components.errors import InputError
from components.methods.ma_sbir.conversion import (
    CENTRED,
    PUBLISHED,
    RAW,
    Classes,
    Conversion,
    Fitter,
)
from components.methods.ma_sbir.selection import (
    choose_conversion,
    choose_expansion,
    hold_outs_of,
    relevance,
    scores,
)
from components.methods.ma_sbir.world import SketchWorld
from components.metrics.retrieval import interpolated_average_precision, retrieval_average_precision

Way = Literal["raw", "centred", "ma_sbir", "converted", "efuda"]
WAYS: tuple[Way, ...] = get_args(Way)
FIXED = {"raw": RAW, "centred": CENTRED, "ma_sbir": PUBLISHED}
MIN_SEEN = 2
Scores = Float[np.ndarray, "sketches photos"]


@dataclass(frozen=True, kw_only=True, slots=True)
class UnseenResult:
    """What a way of asking reached on one set of unseen classes.

    Attributes:
        way: The way of asking.
        unseen: The unseen classes.
        seed: Of training and of hold-outs.
        rows: The sketches of unseen classes, which are the queries.
        ordinary: Average precision of each query over the whole gallery.
        interpolated: The same with the precision envelope; never below it.
        seen_map: Mean ordinary AP of the seen classes' sketches against the same
            gallery. Far below the unseen classes', it tells of a way that merely
            prefers photographs of unseen classes.
        settings: Of its conversion.
        inner_score: What they reached on held-out seen classes; None where nothing is
            chosen.
    """

    way: str
    unseen: Classes
    seed: int
    rows: Int[np.ndarray, " queries"]
    ordinary: Float[np.ndarray, " queries"]
    interpolated: Float[np.ndarray, " queries"]
    seen_map: float
    settings: dict[str, object]
    inner_score: float | None = None


class SketchProtocol:
    """Runs the ways on one world; fits and choices are kept between calls."""

    def __init__(self, world: SketchWorld) -> None:
        self.world = world
        self._fitter = Fitter(world)
        self._conversion = cache(self._choose_conversion)
        self._expanded = cache(self._choose_expanded)

    def run(self, way: Way, unseen: Sequence[int], seed: int) -> UnseenResult:
        """One way, one set of unseen classes.

        Raises:
            InputError: For an unknown way, or classes that leave nothing to learn or ask.
        """
        left_out = self._checked(way, unseen)
        seen = tuple(c for c in range(self.world.num_classes) if c not in left_out)
        chosen, inner_score = self._setting(way, seen, len(left_out), seed)
        everything = np.ones(len(self.world.photos), bool)
        asked = np.ones(len(self.world.sketch_classes), bool)
        offsets = self._fitter.offsets(seen, chosen, seed)
        found = scores(self.world, offsets, chosen, asked, everything)
        return self._result(way, left_out, seed, found, chosen, inner_score)

    def _setting(
        self, way: Way, seen: Classes, num_unseen: int, seed: int
    ) -> tuple[Conversion, float | None]:
        if way in FIXED:
            return FIXED[way], None
        hold_outs = tuple(hold_outs_of(seen, num_unseen, seed))
        return (self._expanded if way == "efuda" else self._conversion)(seen, hold_outs)

    def _choose_conversion(
        self, seen: Classes, hold_outs: tuple[Classes, ...]
    ) -> tuple[Conversion, float]:
        return choose_conversion(self._fitter, seen, hold_outs)

    def _choose_expanded(
        self, seen: Classes, hold_outs: tuple[Classes, ...]
    ) -> tuple[Conversion, float]:
        conversion, _ = self._conversion(seen, hold_outs)
        return choose_expansion(conversion, self._fitter, seen, hold_outs)

    def _result(
        self,
        way: Way,
        unseen: Classes,
        seed: int,
        found: Scores,
        chosen: Conversion,
        inner_score: float | None,
    ) -> UnseenResult:
        world = self.world
        everything = np.ones(len(world.photos), bool)
        asked = world.sketches_of(unseen)
        relevant = relevance(world, found[asked], asked, everything)
        others = relevance(world, found[~asked], ~asked, everything)
        return UnseenResult(
            way=way,
            unseen=unseen,
            seed=seed,
            rows=np.flatnonzero(asked),
            ordinary=retrieval_average_precision(relevant),
            interpolated=interpolated_average_precision(relevant),
            seen_map=float(np.nanmean(retrieval_average_precision(others))),
            settings=asdict(chosen),
            inner_score=inner_score,
        )

    def _checked(self, way: str, unseen: Sequence[int]) -> Classes:
        world = self.world
        if way not in WAYS:
            raise InputError(f"The way {way!r} is not known; there are {', '.join(WAYS)}.")
        classes = tuple(sorted(set(unseen)))
        if not classes or classes[0] < 0 or classes[-1] >= world.num_classes:
            raise InputError(
                f"The unseen classes are {classes}; give some of 0 to {world.num_classes - 1}."
            )
        if not world.sketches_of(classes).any():
            raise InputError(f"No sketch is of the unseen classes {classes}: nothing to ask.")
        seen = [c for c in range(world.num_classes) if c not in classes]
        training = world.photos_only_of(seen)
        taught = np.asarray(world.shown[training].any(axis=0))
        drawn = np.unique(world.sketch_classes[~world.sketches_of(classes)])
        num_seen = int(taught[drawn].sum())
        if num_seen < MIN_SEEN:
            raise InputError(
                f"With {len(classes)} unseen classes, {num_seen} seen classes "
                f"have sketches and photographs without an unseen class; at least {MIN_SEEN} "
                "are needed. Leave out fewer classes."
            )
        return classes
