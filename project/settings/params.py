"""params.yaml, typed, read and written: every number that a stage depends on.

Each section is read by the stage of its name. Unknown keys and values out of
range are refused with the path to the fault, before any work is done.
"""

import inspect
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from components.encoders.config import EncoderConfig, OpenClipConfig
from components.errors import InputError
from project.settings.section import Positive, SettingsSection, Share
from project.settings.source import HideSettings, SourceSettings, SplitSettings
from project.settings.suggestions import suggestion
from project.settings.train import PseudoLabelSettings, TrainSettings, TuneSettings

HEADER = "# Every number that a stage depends on. Unknown keys are errors.\n"

# Keys of earlier versions, and what took their place.
_GONE = {
    "train.method": "is gone; name the method in train.recipes, beside zero_shot to compare",
    "train.weight_decay": "is gone; set train.methods.NAME.pull",
    "train.prompts": "is gone; set train.methods.csa.prompts",
    "tune.num_trials": "is gone; every attempt of a method is tried (train.methods fixes settings)",
    "tune.fixed": "is gone; set train.methods.vlpl",
}

# Sections whose types are no pydantic models or are optional.
_SAID_HERE = {
    "encoder": "How images and texts become vectors: conse, or open_clip with its weights.",
    "hide": "Hides known labels on purpose, to measure how well they are found; null hides none.",
}


class ProjectSettings(SettingsSection):
    """What the project is called, in reports and in the registry."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    """The project's name; letters, digits, and `_.-` after the first."""
    attribution: str | None = None
    """Who made the pictures, and their licence; the service's page shows it."""


class ValidationSettings(SettingsSection):
    """When bad data stops the run."""

    max_quarantined_share: Share = 0.05
    """Of the images: more in quarantine stop the run."""
    severity: dict[str, Literal["error", "warning"]] = Field(default_factory=dict)
    """Overrides the severity of single rules, by rule name."""


class EmbedSettings(SettingsSection):
    """How images become vectors."""

    views: tuple[Literal["original", "flip"], ...] = ("original", "flip")
    """Forms of each picture that are encoded; training uses both."""
    regions: bool = True
    """Whether parts of each picture are encoded too; several methods and evidence need them."""
    batch_size: Positive = 32
    """Pictures encoded at once."""
    shard_size: Positive = 1024
    """Pictures a file of vectors; a killed run loses one shard of work at most."""
    runner: Literal["auto", "local", "ray"] = "auto"
    """local: in this process; ray: in Ray actors; auto decides by `ray_above`."""
    ray_above: Positive = 50_000
    """With runner auto: how many new images are worth starting Ray for."""
    num_actors: Positive = 1
    """Ray actors that encode side by side."""
    num_threads: Annotated[int, Field(ge=0)] = 0
    """Threads of the encoder, of each actor on Ray; 0 means one a core here, and one on Ray. The
    vectors are the same with any number."""
    use_gpu: bool = False
    """Whether the encoder runs on a GPU."""


class PromptSettings(SettingsSection):
    """How label names become sentences."""

    templates: Annotated[tuple[str, ...], Field(min_length=1)] = ("a photo of a {name}",)
    """Sentences with the place `{name}`; their vectors are averaged."""

    @model_validator(mode="after")
    def _every_template_has_a_place(self) -> Self:
        for template in self.templates:
            if "{name}" not in template:
                raise ValueError(f"template {template!r} lacks the place {{name}}")
        return self


class CalibrateSettings(SettingsSection):
    """How far a class's threshold is its own."""

    min_positives: Positive = 10
    """Known present cells that the threshold shared by all classes counts as, beside a class's own."""
    num_bootstrap: Positive = 200
    """Draws for the interval of each threshold."""
    beta: Annotated[float, Field(gt=0)] = 1.0
    """Thresholds maximise F-beta."""


class EvaluateSettings(SettingsSection):
    """How the figures of the report are computed."""

    num_bootstrap: Positive = 1000
    """Draws for every interval of the report."""
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """Of the intervals."""
    seed: int = 0
    """Of the draws."""
    num_mistakes: Positive = 24
    """Pictures the report shows of the surest mistakes."""


class IndexSettings(SettingsSection):
    """The search index."""

    exact_below: Positive = 100_000
    """Pictures below which search compares all of them."""
    min_recall: Share = 0.95
    """What an approximate index must find of the exact answers, or it is not used."""
    preview_px: Positive = 320
    """Longer side of the previews, in pixels."""


class RegistrySettings(SettingsSection):
    """The MLflow registry and the gate of promotion."""

    model_name: str | None = None
    """None takes the project's name."""
    tracking_uri: str = "sqlite:///mlflow.db"
    """Where MLflow keeps runs and versions; a path is taken from the project."""
    tolerance: Share = 0.01
    """How far below zero the interval of the difference in test mAP may reach."""


HostName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]+$", max_length=253)]


class ServeSettings(SettingsSection):
    """The service."""

    host: str = "127.0.0.1"
    """Address to listen on; there is no password, so any other than this opens it to others."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    """Port to listen on."""
    originals: bool = False
    """Whether the pictures' own files can be downloaded, not only previews of them."""
    allowed_hosts: tuple[HostName, ...] = ()
    """Names that the service may be asked by, besides localhost, the host and its addresses."""


class Settings(SettingsSection):
    """All of params.yaml."""

    project: ProjectSettings
    source: SourceSettings
    encoder: Annotated[EncoderConfig, Field(discriminator="kind")]
    hide: HideSettings | None = None
    splits: SplitSettings = SplitSettings()
    validation: ValidationSettings = ValidationSettings()
    embed: EmbedSettings = EmbedSettings()
    prompts: PromptSettings = PromptSettings()
    tune: TuneSettings = TuneSettings()
    pseudo_label: PseudoLabelSettings = PseudoLabelSettings()
    train: TrainSettings = TrainSettings()
    calibrate: CalibrateSettings = CalibrateSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    index: IndexSettings = IndexSettings()
    registry: RegistrySettings = RegistrySettings()
    serve: ServeSettings = ServeSettings()

    @model_validator(mode="after")
    def _tokens_have_a_tower(self) -> Self:
        tokens = self.train.given("csa").get("prompts") == "tokens"
        if tokens and not isinstance(self.encoder, OpenClipConfig):
            raise ValueError(
                f"train.methods.csa.prompts is tokens, and encoder.kind {self.encoder.kind} has no "
                "text tokens; take an encoder of kind open_clip, or prompts: residual"
            )
        return self

    @model_validator(mode="after")
    def _encoder_can_be_trained(self) -> Self:
        if self.train.encoder != "frozen" and not isinstance(self.encoder, OpenClipConfig):
            raise ValueError(
                f"train.encoder is {self.train.encoder}, and an encoder of kind "
                f"{self.encoder.kind} cannot be trained; take one of kind open_clip, or "
                "train.encoder: frozen"
            )
        return self

    @model_validator(mode="after")
    def _image_tower_lasts(self) -> Self:
        tower = self.encoder.image_tower if isinstance(self.encoder, OpenClipConfig) else None
        if tower is not None and Path(tower).is_relative_to("data/taggers"):
            raise ValueError(
                f"encoder.image_tower is {tower}, which train replaces; copy the file to a place "
                "of your own and name that"
            )
        return self


def parse_settings(values: object, origin: str) -> Settings:
    """Check ``values``; every fault is named by its path in ``origin``."""
    try:
        return Settings.model_validate(values)
    except ValidationError as fault:
        lines = [f"{origin} has {fault.error_count()} fault(s):"]
        schema = Settings.model_json_schema()
        for error in fault.errors(include_url=False):
            place = ".".join(str(step) for step in error["loc"]) or "(top level)"
            given = _shown(error["input"]) if error["type"] != "missing" else "nothing"
            told = _GONE.get(place) or error["msg"]
            hint = "" if place in _GONE else suggestion(error, schema)
            lines.append(f"  {place}: {told} (got {given}).{hint}")
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


def params_yaml(settings: Settings) -> str:
    """Settings as the text of params.yaml; reading it gives them back.

    Every key is written, defaults too: DVC watches keys of the file, and a
    reader sees what can be changed.
    """
    values = settings.model_dump(mode="json")
    # Of single methods only what was set: all else is searched.
    values["train"]["methods"] = settings.train.methods.model_dump(mode="json", exclude_unset=True)
    blocks = [
        f"# {_about(section)}\n"
        + yaml.safe_dump({section: value}, sort_keys=False, allow_unicode=True, width=100)
        for section, value in values.items()
    ]
    return HEADER + "\n" + "\n".join(blocks)


def _about(section: str) -> str:
    if section in _SAID_HERE:
        return _SAID_HERE[section]
    annotation = Settings.model_fields[section].annotation
    return (inspect.getdoc(annotation) or section).splitlines()[0]


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
