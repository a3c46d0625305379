"""One row a method: what it is called, what it reads, its settings, how it is tried.

All that lists methods reads this table: settings, tuning, training, reports, plots and the
bench. What a method does is in the folder of its name: ``settings.py`` holds what can be
set, ``recipe.py`` has ``attempts(task)`` and ``build(settings, task)`` or, where nothing is
trained, ``untrained_head(settings, task)``. The latter file is imported only when a method is
used, since it needs torch and settings do not.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING

from components.errors import InputError
from components.methods.assume_negative.settings import AssumeNegativeSettings
from components.methods.csa.settings import CSASettings
from components.methods.efuda.settings import EfudaSettings
from components.methods.entropy.settings import EntropySettings
from components.methods.gpr.settings import GPRSettings
from components.methods.ignore_unknown.settings import IgnoreUnknownSettings
from components.methods.region_discriminant.settings import RegionDiscriminantSettings
from components.methods.tagalign.settings import TagAlignSettings
from components.methods.trm_ml.settings import TRMMLSettings
from components.methods.two_readings.settings import TwoReadingsSettings
from components.methods.vlpl.settings import VLPLSettings
from components.methods.zero_shot.settings import ZeroShotSettings
from components.methods.zero_shot_normalised.settings import ZeroShotNormalisedSettings
from components.training.settings import MethodSettings, Reads

if TYPE_CHECKING:
    import components.models.heads.head
    import components.training.recipe
    import components.training.task

_NOTHING_MORE = Reads()


@dataclass(frozen=True, slots=True)
class Colour:
    """Of a method in plots and pages, on light and on dark ground; ``#rrggbb``."""

    light: str
    dark: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Method:
    """A row of the catalog."""

    name: str
    """The word for it in settings, artefacts and on the command line."""
    title: str
    """What people call it."""
    explained: str
    """One phrase for reports."""
    colour: Colour
    settings: type[MethodSettings]
    reads: Reads = _NOTHING_MORE
    is_baseline: bool = False
    is_trained: bool = True
    """Otherwise it reads no label, and :meth:`untrained_head` is what there is of it."""
    is_cautious: bool = False
    """Whether its attempts go from cautious to bold, and the choice among them is cautious
    too: of those that the hold-out cannot tell from the best, the first."""
    trial_epochs: int | None = None
    """Of an attempt; None tries each attempt in full."""
    source: str = ""
    """Paper or code that it comes from."""

    def recipe(self, settings: MethodSettings) -> "components.training.recipe.Recipe":
        """The method with these settings, for the training loop.

        Raises:
            InputError: If it is one that is not trained.
        """
        if not self.is_trained:
            raise InputError(
                f"{self.title} is not trained; leave it out where taggers are trained."
            )
        from components.training.recipe import Recipe

        build = partial(self._module().build, settings)
        return Recipe(name=self.name, settings=settings, reads=self.reads, build=build)

    def untrained_head(
        self, settings: MethodSettings, task: "components.training.task.Task"
    ) -> "components.models.heads.head.Head":
        """The head of a method that is not trained, on raw vectors; no label of the task is read.

        Raises:
            InputError: If the task lacks the regions that it reads, or the method is trained.
        """
        if self.is_trained:
            raise InputError(f"{self.title} has no head before it is trained.")
        if not self.applies_to(task):
            raise InputError(
                f"{self.title} reads region vectors and the images have none; set embed.regions to "
                "true and run `efuda run embed`, or leave it out."
            )
        return self._module().untrained_head(settings, task)

    def applies_to(self, task: "components.training.task.Task") -> bool:
        """Whether the task has the regions that the method cannot do without."""
        return self.reads.regions != "required" or bool(task.regions)

    def attempts(
        self, task: "components.training.task.Task", given: Mapping[str, object] | None = None
    ) -> tuple[MethodSettings, ...]:
        """Settings to try on a task, in their order.

        Args:
            task: What is known; some attempts need more of it than others.
            given: Settings that are not to be searched; attempts that they make equal count
                once.
        """
        tried: tuple[MethodSettings, ...] = self._module().attempts(task)
        fixed = dict(given or {})
        return tuple(dict.fromkeys(replace(each, **fixed) for each in tried))

    def _module(self) -> ModuleType:
        return importlib.import_module(f"components.methods.{self.name}.recipe")


_ROWS = (
    Method(
        name="zero_shot",
        title="zero-shot",
        explained="no training: image and label name are compared in the encoder's own space",
        colour=Colour("#7f828c", "#9a9da7"),
        settings=ZeroShotSettings,
        is_baseline=True,
        is_trained=False,
    ),
    Method(
        name="zero_shot_normalised",
        title="zero-shot, normalised",
        explained="no training: zero-shot, standardised over the names of an image, then over images",
        colour=Colour("#4f6d7a", "#9cc3d4"),
        settings=ZeroShotNormalisedSettings,
        reads=Reads(unlabelled=True),
        is_baseline=True,
        is_trained=False,
        source="SPARC, CVPR 2025, without compound prompts",
    ),
    Method(
        name="two_readings",
        title="two readings",
        explained="no training: the whole image's likeness to the name and its best region's, each "
        "standardised over images, added up",
        colour=Colour("#3b3f4a", "#d5d8e0"),
        settings=TwoReadingsSettings,
        reads=Reads(regions="required", unlabelled=True),
        is_baseline=True,
        is_trained=False,
    ),
    Method(
        name="region_discriminant",
        title="region discriminant",
        explained="no training: regions that are sure of their name teach a Gaussian discriminant; a "
        "tenth is the whole image's likeness to the name",
        colour=Colour("#c46a1b", "#f5ae6e"),
        settings=RegionDiscriminantSettings,
        reads=Reads(regions="required", unlabelled=True),
        is_baseline=True,
        is_trained=False,
        source="PIAA, ICML 2026",
    ),
    Method(
        name="assume_negative",
        title="assume-negative",
        explained="trained with every unknown cell counted as absent",
        colour=Colour("#b98a2f", "#e0b865"),
        settings=AssumeNegativeSettings,
        is_baseline=True,
    ),
    Method(
        name="ignore_unknown",
        title="ignore-unknown",
        explained="trained on the known cells alone",
        colour=Colour("#5d7a1f", "#b2cf6a"),
        settings=IgnoreUnknownSettings,
        is_baseline=True,
    ),
    Method(
        name="entropy",
        title="entropy (EM)",
        explained="trained on the known cells, kept uncertain about all others",
        colour=Colour("#8c5a3c", "#d3a283"),
        settings=EntropySettings,
        source="Zhou et al., ECCV 2022; the EM row of arXiv 2310.15985",
    ),
    Method(
        name="vlpl",
        title="VLPL",
        explained="trained on the known cells and on labels proposed by the encoder",
        colour=Colour("#2c4f9e", "#8fabf0"),
        settings=VLPLSettings,
        reads=Reads(proposals=True),
        source="arXiv 2310.15985",
    ),
    Method(
        name="gpr",
        title="GPR (AEVLP)",
        explained="trained on the known cells and on proposed labels; every other cell is believed "
        "present as far as its own probability says so",
        colour=Colour("#1f8fb0", "#7fd0e8"),
        settings=GPRSettings,
        reads=Reads(proposals=True),
        source="AEVLP, ICCV 2025",
    ),
    Method(
        name="trm_ml",
        title="TRM-ML",
        explained="one attended region a label, matched with its name; a reconstruction from the "
        "public description",
        colour=Colour("#3c8a7d", "#75c7b7"),
        settings=TRMMLSettings,
        reads=Reads(regions="required", unlabelled=True),
        source="arXiv 2407.18520",
    ),
    Method(
        name="csa",
        title="CSA",
        explained="evidence pooled over regions, label contexts and an averaged teacher; a "
        "reconstruction from the public description",
        colour=Colour("#7d4a9e", "#c79bea"),
        settings=CSASettings,
        reads=Reads(regions="required", unlabelled=True),
        source="arXiv 2412.18842",
    ),
    Method(
        name="tagalign",
        title="TagAlign",
        explained="regions, trained on whole captions and on the tags that a parser reads in them",
        colour=Colour("#c2588f", "#f09ac6"),
        settings=TagAlignSettings,
        reads=Reads(regions="required", captions=True, unlabelled=True),
        trial_epochs=2,
        source="arXiv 2312.14149",
    ),
    Method(
        name="efuda",
        title="Efuda",
        explained="whole image and regions read together, held near zero-shot as strongly as the "
        "hold-out asks for",
        colour=Colour("#b5381f", "#ff9a83"),
        settings=EfudaSettings,
        reads=Reads(regions="optional"),
        is_cautious=True,
    ),
)

METHODS: Mapping[str, Method] = {row.name: row for row in _ROWS}
"""By name, in the order of tables and legends: baselines first."""
