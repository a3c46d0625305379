"""The graph of stages as DVC reads it: what each stage reads and writes.

Both the repository's own dvc.yaml and those that `efuda init` writes come from
here; `python -m project.graph` in a project writes its dvc.yaml anew, after
the paths of its source were changed in params.yaml. Code is not a dependency:
it belongs to the installed Efuda, not to the project; after an update
`efuda run --force` computes everything anew.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from components.atomic import write_text
from components.encoders.config_paths import named_files
from project.layout import Layout
from project.reviewed import make_reviewed_folder
from project.settings import Settings, load_settings

REVIEWED = "reviewed"
EXAMPLES = "data/prepared/examples.parquet"
LABELS = "data/prepared/labels.parquet"
VOCABULARY = "data/prepared/vocabulary.json"
TABLES = (EXAMPLES, LABELS, VOCABULARY)
FEATURES = "data/features"
TUNED = "data/tuned/tuned.yaml"
PROPOSALS = "data/proposals"
TAGGERS = "data/taggers"
CALIBRATION = "data/calibration"
METRICS = "reports/metrics.json"
REPORT_PLOTS = "reports/plots"
# What a search depends on; not where or how often its results are trained.
_LEARNING = (
    "train.recipes",
    "train.methods",
    "train.epochs",
    "train.batch_size",
    "train.learning_rate",
    "train.precision",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class StageFiles:
    """What one stage reads and writes, as paths from the project's root.

    ``kept`` are outputs that a new run extends instead of computing anew: DVC
    must not delete them first. ``reports`` are small files for git, not for
    DVC's cache.
    """

    name: str
    deps: tuple[str, ...]
    params: tuple[str, ...]
    outs: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    command: str | None = None

    def as_dvc(self) -> dict[str, object]:
        """The stage as an entry of dvc.yaml."""
        outs: list[object] = [*self.outs]
        outs += [{path: {"persist": True}} for path in self.kept]
        outs += [{path: {"cache": False}} for path in self.reports]
        entry: dict[str, object] = {
            "cmd": self.command or f"python -m pipelines.{self.name}",
            "deps": list(self.deps),
            "params": list(self.params),
            "outs": outs,
            "metrics": [{path: {"cache": False}} for path in self.metrics],
        }
        return {key: value for key, value in entry.items() if value}


def _scatter(name: str, *, x: str, y: str) -> dict[str, dict[str, str]]:
    return {f"reports/plots/{name}.csv": {"x": x, "y": y, "template": "scatter"}}


def _source_files(settings: Settings) -> tuple[str, ...]:
    source = settings.source
    named = (
        source.images,
        source.annotations,
        source.names,
        source.captions,
        source.sketches,
        *source.split_files.values(),
    )
    return tuple(dict.fromkeys(path for path in named if path))


def stage_files(settings: Settings) -> list[StageFiles]:
    """Every stage of a project, in the order of the data."""
    weights = tuple(named_files(settings.encoder).values())
    return [
        StageFiles(
            name="prepare",
            deps=(*_source_files(settings), REVIEWED),
            params=("source", "hide", "splits"),
            kept=("data/prepared",),
        ),
        StageFiles(
            name="validate",
            deps=("data/prepared",),
            params=("source", "validation"),
            outs=("data/validation",),
        ),
        StageFiles(
            name="embed",
            # Validation comes first, so that a broken rule stops the run here.
            deps=(EXAMPLES, VOCABULARY, "data/validation/validation.json", *weights),
            # Captions are encoded where a recipe learns from them.
            params=("encoder", "embed", "prompts", "train.recipes"),
            kept=(FEATURES,),
        ),
        StageFiles(
            name="tune",
            deps=(*TABLES, FEATURES),
            params=("embed.views", *_LEARNING, "tune"),
            kept=("data/tuned",),
        ),
        StageFiles(
            name="pseudo_label",
            deps=(*TABLES, FEATURES, TUNED),
            params=("embed.views", *_LEARNING, "pseudo_label"),
            kept=(PROPOSALS,),
        ),
        StageFiles(
            name="train",
            deps=(*TABLES, FEATURES, TUNED),
            params=("embed.views", "train"),
            kept=(TAGGERS,),
        ),
        StageFiles(
            name="calibrate",
            deps=(*TABLES, FEATURES, TAGGERS),
            params=("calibrate", "train.recipes", "train.seeds"),
            kept=(CALIBRATION,),
        ),
        StageFiles(
            name="evaluate",
            # The only stage that may see the labels hidden on purpose.
            deps=("data/prepared", FEATURES, PROPOSALS, TAGGERS, CALIBRATION),
            params=("project", "evaluate", "train.recipes", "train.seeds"),
            outs=("reports/report.html",),
            metrics=(METRICS,),
            reports=(REPORT_PLOTS,),
        ),
        StageFiles(
            name="index",
            deps=(*TABLES, FEATURES, TAGGERS, CALIBRATION),
            params=("encoder", "index"),
            kept=("data/index",),
        ),
        StageFiles(
            name="register",
            deps=(*TABLES, TAGGERS, CALIBRATION, METRICS, "data/index"),
            params=("project", "source", "hide", "encoder", "prompts", "registry"),
            outs=("data/bundle",),
            reports=("data/registered.json",),
        ),
    ]


def drawing_stage() -> StageFiles:
    """The stage of the demo project alone, which draws its images."""
    return StageFiles(
        name="draw",
        command="python -m examples.cards.draw --out data/cards --scenes 4000 --seed 7 --sketches 4",
        # The tables, and the version number of the drawings.
        deps=(
            "examples/cards/concepts.csv",
            "examples/cards/contexts.csv",
            "examples/cards/draw.py",
        ),
        params=(),
        kept=("data/cards",),
    )


# The pictures show in `dvc plots` without a network; the tables need its scripts.
PLOTS: list[object] = [
    *(f"reports/plots/{name}.svg" for name in ("per_class_ap", "pr_curve", "reliability")),
    _scatter("per_class_ap", x="average_precision", y="label"),
    _scatter("pr_curve", x="recall", y="precision"),
    _scatter("reliability", x="probability", y="share_present"),
]

HEADER = """\
# The graph of stages, written by Efuda: `efuda run` (or `dvc repro` in the
# activated environment) runs those whose inputs have changed.
"""


def dvc_yaml(settings: Settings, *, drawn: bool = False) -> str:
    """The text of dvc.yaml.

    Args:
        settings: The project's; the paths of its source become dependencies.
        drawn: Whether the first stage draws the demo's images.
    """
    stages = [*([drawing_stage()] if drawn else []), *stage_files(settings)]
    graph = {"stages": {stage.name: stage.as_dvc() for stage in stages}, "plots": PLOTS}
    return HEADER + yaml.safe_dump(graph, sort_keys=False, width=100)


def is_drawn(text: str) -> bool:
    """Whether a dvc.yaml is the demo's, which draws its images itself."""
    try:
        return "draw" in yaml.safe_load(text)["stages"]
    except (yaml.YAMLError, KeyError, TypeError):
        return False


def main() -> None:
    """Write the dvc.yaml of the project in the current directory anew, and what it names."""
    path = Path("dvc.yaml")
    drawn = path.exists() and is_drawn(path.read_text(encoding="utf-8"))
    write_text(path, dvc_yaml(load_settings(), drawn=drawn))
    make_reviewed_folder(Layout())


if __name__ == "__main__":
    main()
