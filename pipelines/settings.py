"""Typed view of params.yaml: every number that a stage depends on.

Each section is read by the stage of its name. Unknown keys and values out of
range are refused with the path to the fault, before any work is done.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from components.data.examples import Split
from components.encoders.config import ConseConfig, OpenClipConfig
from components.errors import InputError
from components.labels.published_seeds import RELEASED_SEEDS

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(gt=0)]
ColumnRole = Literal["image", "id", "split", "caption", "labels", "label", "state"]
StateName = Literal["present", "absent", "unknown"]


def _as_written(word: object) -> object:
    if isinstance(word, bool):
        raise ValueError("YAML reads this word as true or false; put it in quotes")  # noqa: TRY004
    return str(word) if isinstance(word, int) else word


WrittenWord = Annotated[str, BeforeValidator(_as_written)]
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


class Section(BaseModel):
    """Base of every section: frozen, and strict about unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProjectSettings(Section):
    """What the project is called, in reports and in the registry."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    attribution: str | None = None
    """Who made the pictures, and their licence; the service's page shows it."""


class SourceSettings(Section):
    """Where images and labels lie, and in which format."""

    kind: Literal[
        "coco", "voc", "yolo", "csv", "parquet", "folder", "jsonl", "nuswide", "cub", "formatted"
    ]
    images: str
    annotations: str | None = None
    captions: str | None = None
    sketches: str | None = None
    """Folder of sketches, one sub-folder a label."""
    exhaustive: bool | None = None
    """Whether a label not annotated in a listed image is absent; None asks the format."""
    vocabulary: tuple[str, ...] | None = None
    """The label names to use; None takes them from the source in its order."""
    labels_from_captions: bool | None = None
    """Whether a label counts as present where a caption names it; None says yes where the
    photographs have captions and no known label. The source's own word always counts more."""
    include_unlisted: bool = True
    """Whether images in the folder that the annotations do not list are examples, all unknown."""
    names: str | None = None
    """yolo: the file that names the classes; None looks for one beside the annotations."""
    difficult: Literal["unknown", "absent", "present"] = "unknown"
    """voc: the state of a label of which all boxes are marked difficult."""
    split_files: dict[Split, str] = {}
    """coco: one instances file a split, in place of annotations; voc: one list of images a
    split. Images that no file names are left out."""
    require_positive: bool = False
    """Leaves out images of which no label is known to be present, as some published lists do."""
    order: Literal["listed", "by_id"] = "listed"
    """The order of the images, which masks of released code are drawn in."""
    columns: dict[ColumnRole, str] = {}
    """csv, parquet: which column plays which role, where its name does not tell."""
    separator: Annotated[str, Field(min_length=1)] = "|"
    """csv, parquet: what separates several labels or captions within one field."""
    encoding: Literal["canonical", "zero-absent"] | dict[WrittenWord, StateName] = "canonical"
    """csv, parquet, jsonl: what the written states mean. canonical: 1 present, -1 absent,
    0 or empty unknown; zero-absent: 1 present, 0 absent, -1 or empty unknown."""


class HideSettings(Section):
    """Hides known cells on purpose, to measure how well they are recovered."""

    protocol: Annotated[
        str,
        Field(
            pattern=r"^(single-positive(@cole)?|partial:0?\.\d+(@hcp)?|few:0?\.\d+(@cap)?)$",
        ),
    ]
    seed: int = 1200
    splits: tuple[Split, ...] = ("train",)

    @model_validator(mode="before")
    @classmethod
    def _seed_of_the_released_code(cls, values: Any) -> Any:
        if isinstance(values, dict) and "seed" not in values:
            code = str(values.get("protocol")).partition("@")[2]
            if code in RELEASED_SEEDS:
                return {**values, "seed": RELEASED_SEEDS[code]}
        return values


class SplitSettings(Section):
    """Shares of the examples that the source does not assign to a split."""

    val: Share = 0.15
    test: Share = 0.2
    salt: str = "efuda"
    rule: Literal["content", "cole", "labelled"] = "content"
    """How a hold-out is taken from the source's training list. content: by hash of the bytes;
    cole: by the permutation of the code released with the single-positive protocol; labelled:
    with few:SHARE@cap, the last of the labelled images drawn, so that the hold-out costs no
    label more."""
    seed: int = 1200
    """cole: of the permutation."""

    @model_validator(mode="after")
    def _leaves_something_to_train_on(self) -> Self:
        if self.val + self.test >= 1:
            raise ValueError(f"val + test must stay below 1, got {self.val + self.test:g}")
        return self


class ValidationSettings(Section):
    """When bad data stops the run."""

    max_quarantined_share: Share = 0.05
    severity: dict[str, Literal["error", "warning"]] = {}
    """Overrides the severity of single rules, by rule name."""


class EmbedSettings(Section):
    """How images become vectors."""

    views: tuple[Literal["original", "flip"], ...] = ("original", "flip")
    regions: bool = True
    batch_size: Positive = 32
    shard_size: Positive = 1024
    runner: Literal["auto", "local", "ray"] = "auto"
    ray_above: Positive = 50_000
    """With runner auto: how many new images are worth starting Ray for."""
    num_actors: Positive = 1
    num_threads: Annotated[int, Field(ge=0)] = 0
    """Threads of the encoder; 0 leaves torch's own choice."""
    use_gpu: bool = False


class PromptSettings(Section):
    """How label names become sentences."""

    templates: Annotated[tuple[str, ...], Field(min_length=1)] = ("a photo of a {name}",)

    @model_validator(mode="after")
    def _every_template_has_a_place(self) -> Self:
        for template in self.templates:
            if "{name}" not in template:
                raise ValueError(f"template {template!r} lacks the place {{name}}")
        return self


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


class CalibrateSettings(Section):
    """When a class has enough support for a calibration of its own."""

    min_positives: Positive = 10
    num_bootstrap: Positive = 200
    beta: Annotated[float, Field(gt=0)] = 1.0
    """Thresholds maximise F-beta."""


class EvaluateSettings(Section):
    """How the figures of the report are computed."""

    num_bootstrap: Positive = 1000
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    seed: int = 0
    num_mistakes: Positive = 24


class IndexSettings(Section):
    """The search index."""

    exact_below: Positive = 100_000
    min_recall: Share = 0.95
    preview_px: Positive = 320


class RegistrySettings(Section):
    """The MLflow registry and the gate of promotion."""

    model_name: str | None = None
    """None takes the project's name."""
    tracking_uri: str = "sqlite:///mlflow.db"
    tolerance: Share = 0.01
    """How far below zero the interval of the difference in test mAP may reach."""


class ServeSettings(Section):
    """The service."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000


class Settings(Section):
    """All of params.yaml."""

    project: ProjectSettings
    source: SourceSettings
    encoder: Annotated[OpenClipConfig | ConseConfig, Field(discriminator="kind")]
    hide: HideSettings | None = None
    splits: SplitSettings = SplitSettings()
    validation: ValidationSettings = ValidationSettings()
    embed: EmbedSettings = EmbedSettings()
    prompts: PromptSettings = PromptSettings()
    tune: TuneSettings = TuneSettings()
    train: TrainSettings = TrainSettings()
    calibrate: CalibrateSettings = CalibrateSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    index: IndexSettings = IndexSettings()
    registry: RegistrySettings = RegistrySettings()
    serve: ServeSettings = ServeSettings()

    @model_validator(mode="after")
    def _tokens_have_a_tower(self) -> Self:
        if self.train.prompts == "tokens" and isinstance(self.encoder, ConseConfig):
            raise ValueError(
                "train.prompts is tokens, and encoder.kind conse has no text tokens; "
                "take an encoder of kind open_clip, or prompts: residual"
            )
        return self


def parse_settings(values: object, origin: str) -> Settings:
    """Check ``values``; every fault is named by its path in ``origin``."""
    try:
        return Settings.model_validate(values)
    except ValidationError as fault:
        lines = [f"{origin} has {fault.error_count()} fault(s):"]
        for error in fault.errors(include_url=False):
            place = ".".join(str(step) for step in error["loc"]) or "(top level)"
            given = _shown(error["input"]) if error["type"] != "missing" else "nothing"
            lines.append(f"  {place}: {error['msg']} (got {given})")
        lines.append("Correct these lines and run again; `efuda doctor` checks the file alone.")
        raise InputError("\n".join(lines)) from None


def load_settings(path: Path = Path("params.yaml")) -> Settings:
    """Read and check params.yaml."""
    try:
        values: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"There is no {path.name} here, so this is not an Efuda project. "
            "Change to your project's directory, or make one with `efuda init`."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise InputError(f"{path} is not valid YAML: {fault}") from None
    return parse_settings(values, str(path))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
