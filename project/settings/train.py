"""Sections of params.yaml on tuning, proposals and training."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from components.methods.catalog import METHODS
from components.training.settings import Schedule
from project.settings.methods import MethodName, MethodSections
from project.settings.section import Positive, SettingsSection, Share


class TuneSettings(SettingsSection):
    """The search among every method's attempts, on the hold-out."""

    max_concurrent: Positive = 2
    """Trials side by side on Ray."""
    seed: int = 1001
    """Of the trials' fits; apart from the seeds whose results are reported."""
    runner: Literal["ray", "local"] = "ray"
    """ray: trials side by side; local: one after another in this process."""


class PseudoLabelSettings(SettingsSection):
    """Proposals for people: from which method, and which cells are worth one."""

    method: MethodName | None = None
    """None takes the method that the hold-out likes best."""
    folds: Annotated[int, Field(ge=2)] = 3
    """Parts of the training images; each is scored by a model that saw the others alone. Hold-out
    and test split take one more, which saw all training images."""
    seed: int = 0
    """Of those models' fits."""
    present_above: Share = 0.5
    """Calibrated probability from which a cell is proposed present."""
    absent_below: Share = 0.01
    """Calibrated probability below which a cell is proposed absent."""


class TrainSettings(SettingsSection):
    """The one training loop, for every recipe and seed."""

    recipes: Annotated[tuple[MethodName, ...], Field(min_length=1)] = (
        "zero_shot",
        "zero_shot_normalised",
        "two_readings",
        "region_discriminant",
        "assume_negative",
        "ignore_unknown",
        "vlpl",
        "efuda",
    )
    """Methods that are tuned, trained and compared."""
    methods: MethodSections = Field(default_factory=MethodSections)
    """Settings of single methods that are used as they stand; what is left out is searched."""
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (0, 1, 2)
    """Each recipe is trained once a seed; figures are means over them."""
    epochs: Positive = 40
    """Passes over the training images."""
    batch_size: Positive = 256
    """Images a step."""
    learning_rate: Annotated[float, Field(gt=0)] = 0.003
    """Of heads on cached vectors."""
    checkpoint_every: Positive = 10
    """Epochs after which a killed training can go on."""
    num_workers: Annotated[int, Field(ge=0)] = 0
    """Ray Train workers; 0 trains in the process of the stage."""
    use_gpu: bool = False
    """Whether training runs on a GPU."""
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    """Of the forward pass."""
    encoder: Literal["frozen", "lora", "full"] = "frozen"
    """frozen: heads on cached vectors; lora, full: the image encoder learns with them, by
    low-rank updates or with all its weights, which wants a GPU."""
    encoder_learning_rate: Annotated[float, Field(gt=0)] | None = None
    """Of the image encoder; None takes 3e-4 for lora and 1e-5 for full."""
    lora_rank: Positive = 8
    """With encoder: lora, the rank of the updates."""

    @model_validator(mode="after")
    def _no_setting_is_idle(self) -> Self:
        for name in METHODS:
            if self.given(name) and name not in self.recipes:
                raise ValueError(
                    f"methods.{name} is set, and {name} is not among the recipes; "
                    "add it there, or take its section out"
                )
        return self

    @property
    def trained(self) -> tuple[str, ...]:
        """The recipes that are trained, less those that need no training."""
        return tuple(name for name in self.recipes if METHODS[name].is_trained)

    @property
    def reads_captions(self) -> bool:
        """Whether a recipe learns from captions."""
        return any(METHODS[name].reads.captions for name in self.recipes)

    def given(self, method: str) -> dict[str, Any]:
        """The settings of a method that the user wrote down, by name."""
        return self.methods.given(method)

    def schedule(self) -> Schedule:
        """The schedule that all methods share."""
        return Schedule(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            checkpoint_every=self.checkpoint_every,
            precision=self.precision,
            device="cuda" if self.use_gpu else "cpu",
        )
