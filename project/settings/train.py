"""Sections of params.yaml on tuning and training."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from project.settings.section import Positive, Section, Share

RecipeName = Literal[
    "zero_shot",
    "assume_negative",
    "ignore_unknown",
    "entropy",
    "vlpl",
    "gpr",
    "trm_ml",
    "csa",
    "tagalign",
    "efuda",
]


class FixedSettings(Section):
    """Settings of VLPL that are used as they stand, such as published ones."""

    theta: Share = 0.3
    """Probability that makes a proposal."""
    temperature_factor: Annotated[float, Field(gt=0)] = 1.0
    """Times the encoder's own temperature (0.01 for CLIP)."""
    negative_share: Share = 0.0
    alpha: Annotated[float, Field(ge=0)] = 0.1
    beta: Annotated[float, Field(ge=0)] = 0.7
    beta_negative: Annotated[float, Field(ge=0)] = 0.0
    smoothing: Annotated[float, Field(gt=0.5, le=1)] = 0.9


class TuneSettings(Section):
    """The sweep over pseudo-label thresholds and method settings."""

    num_trials: Positive = 24
    max_concurrent: Positive = 2
    seed: int = 0
    runner: Literal["ray", "local"] = "ray"
    fixed: FixedSettings | None = None
    """Not null: nothing is searched, and these are used."""


class TrainSettings(Section):
    """The one training loop, for every recipe and seed."""

    recipes: Annotated[tuple[RecipeName, ...], Field(min_length=1)] = (
        "zero_shot",
        "assume_negative",
        "ignore_unknown",
        "vlpl",
        "efuda",
    )
    method: RecipeName | Literal["auto"] | None = None
    """One method instead of a comparison of recipes; auto takes what the label situation
    calls for, and the report says why. Zero-shot is trained beside it, to compare."""
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (0, 1, 2)
    epochs: Positive = 40
    batch_size: Positive = 256
    learning_rate: Annotated[float, Field(gt=0)] = 0.003
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """Pull towards the zero-shot weights that training starts from."""
    checkpoint_every: Positive = 10
    num_workers: Annotated[int, Field(ge=0)] = 0
    """Ray Train workers; 0 trains in the process of the stage."""
    use_gpu: bool = False
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    prompts: Literal["residual", "tokens"] = "residual"
    """What csa learns of each label: free vectors, or words before its name, through the text
    tower of an open_clip encoder."""
    encoder: Literal["frozen", "lora", "full"] = "frozen"
    """frozen: heads on cached vectors; lora, full: the image encoder learns with them, by
    low-rank updates or with all its weights, which wants a GPU."""
    encoder_learning_rate: Annotated[float, Field(gt=0)] | None = None
    """Of the image encoder; None takes 3e-4 for lora and 1e-5 for full."""
    lora_rank: Positive = 8

    @model_validator(mode="after")
    def _tokens_are_learned_by_a_recipe(self) -> Self:
        names = self.recipes if self.method is None else (self.method,)
        if self.prompts == "tokens" and "csa" not in names:
            raise ValueError("prompts: tokens is for csa, which is not among the recipes")
        return self
