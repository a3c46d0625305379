"""The graph of stages as DVC reads it: what each stage reads and writes.

Both the repository's own dvc.yaml and those that `efuda init` writes come from
here. `efuda run` keeps a project's file in step with its params.yaml; `python -m project.graph`
in a project writes it anew whatever it holds. Code is not a dependency: it belongs to the
installed Efuda, not to the project; after an update `efuda run --force` computes everything anew.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from components.atomic import write_text
from components.encoders.config_paths import named_files
from components.errors import InputError
from project.graph_file import GraphFile, graph_text
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
HEADLINE = "reports/headline.json"
REPORT_PLOTS = "reports/plots"
# What learning depends on. Where it is computed, how many things at a time and how often it is
# saved change no result: none of the lists of settings below names such a key.
_LEARNING = (
    "train.recipes",
    "train.methods",
    "train.epochs",
    "train.batch_size",
    "train.learning_rate",
    "train.precision",
)
_TRAINING = (
    "train.seeds",
    # Workers draw batches of their own.
    "train.num_workers",
    "train.encoder",
    "train.encoder_learning_rate",
    "train.lora_rank",
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


def source_files(settings: Settings) -> tuple[str, ...]:
    """The files and folders of labels and images, as params.yaml names them."""
    source = settings.source
    named = (
        source.images,
        source.annotations,
        source.names,
        source.captions,
        source.vocabulary_file,
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
            deps=(*source_files(settings), REVIEWED),
            params=("source", "hide", "splits"),
            kept=("data/prepared",),
        ),
        StageFiles(
            name="validate",
            deps=("data/prepared",),
            # The report says how calibration will be done.
            params=("project.name", "validation", "calibrate.min_positives"),
            outs=("data/validation",),
        ),
        StageFiles(
            name="embed",
            # Validation comes first, so that a broken rule stops the run here.
            deps=(EXAMPLES, VOCABULARY, "data/validation/validation.json", *weights),
            # Captions are encoded where a recipe learns from them.
            params=("encoder", "embed.views", "embed.regions", "prompts", "train.recipes"),
            kept=(FEATURES,),
        ),
        StageFiles(
            name="tune",
            deps=(*TABLES, FEATURES),
            params=("embed.views", *_LEARNING, "tune.seed"),
            kept=("data/tuned",),
        ),
        StageFiles(
            name="pseudo_label",
            # Nothing is proposed for a cell that a person called undecidable.
            deps=(*TABLES, REVIEWED, FEATURES, TUNED),
            params=("embed.views", *_LEARNING, "pseudo_label"),
            kept=(PROPOSALS,),
        ),
        StageFiles(
            name="train",
            deps=(*TABLES, FEATURES, TUNED),
            params=("embed.views", *_LEARNING, *_TRAINING),
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
            params=("project.name", "evaluate", "train.recipes", "train.seeds"),
            outs=("reports/report.html",),
            # DVC prints every figure of such a file as a column.
            metrics=(HEADLINE,),
            reports=(METRICS, REPORT_PLOTS),
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
            params=(
                *("project", "source", "hide", "encoder", "prompts"),
                *("registry.model_name", "registry.tracking_uri"),
            ),
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


# Pictures alone: for the tables beside them DVC's page would load scripts from other hosts.
PLOTS = [f"reports/plots/{name}.svg" for name in ("per_class_ap", "pr_curve", "reliability")]


def graph_of(settings: Settings, *, drawn: bool = False) -> dict[str, object]:
    """The graph as dvc.yaml holds it.

    Args:
        settings: The project's; the paths of its source become dependencies.
        drawn: Whether the first stage draws the demo's images.
    """
    stages = [*([drawing_stage()] if drawn else []), *stage_files(settings)]
    return {"stages": {stage.name: stage.as_dvc() for stage in stages}, "plots": PLOTS}


def dvc_yaml(settings: Settings, *, drawn: bool = False) -> str:
    """The text of dvc.yaml for a project that has none."""
    return graph_text(graph_of(settings, drawn=drawn))


def read_graph(root: Path, settings: Settings) -> GraphFile:
    """The project's dvc.yaml beside the graph that its settings ask for.

    Raises:
        InputError: If there is none, or it cannot be read.
    """
    try:
        text = (root / "dvc.yaml").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(
            "There is no dvc.yaml here; `python -m project.graph` writes it from params.yaml."
        ) from None
    return GraphFile.parse(text, graph_of(settings, drawn=is_drawn(text)))


def fit_graph(root: Path, settings: Settings) -> list[str]:
    """Bring dvc.yaml, and the folder that it watches, in step with the settings.

    A graph without any stage of Efuda's is left alone.

    Returns:
        What was written, a sentence each.

    Raises:
        InputError: If that would lose what someone changed in it by hand.
    """
    graph, told = read_graph(root, settings), []
    if graph.is_theirs:
        return told
    if graph.changed:
        stages = ", ".join(graph.changed)
        if graph.is_edited:
            raise InputError(
                f"dvc.yaml does not fit params.yaml (stages: {stages}), and it is not as Efuda "
                "wrote it, so nothing was changed. `python -m project.graph` writes it anew; it "
                "keeps stages of your own, and loses comments and changes to other stages."
            )
        write_text(root / "dvc.yaml", graph_text(graph.wanted, graph.added))
        told.append(f"dvc.yaml was written anew to fit params.yaml (stages: {stages}).")
    if not (root / REVIEWED).is_dir():
        make_reviewed_folder(Layout(root))
        told.append(f"The folder {REVIEWED} was missing; it was made again.")
    return told


def refuse_unwatched_source(root: Path, settings: Settings) -> None:
    """Refuse files of the source that dvc.yaml does not watch: later changes would go unseen.

    `efuda run` mends the graph itself; this is for whoever calls DVC or the stage. Without a
    dvc.yaml, or with one that does not know prepare, nobody relies on it.

    Raises:
        InputError: Naming the first such file, and what to type.
    """
    try:
        graph = read_graph(root, settings)
    except InputError:
        return
    stage = graph.found["stages"].get("prepare")
    deps = stage.get("deps") if isinstance(stage, dict) else None
    if not isinstance(deps, list):
        return
    watched = [dep for dep in deps if isinstance(dep, str)]
    for path in source_files(settings):
        if not any(Path(path).is_relative_to(dep) for dep in watched):
            raise InputError(
                f"params.yaml names {path}, which dvc.yaml does not watch, so changes to it would "
                "go unseen. `efuda run` brings dvc.yaml in step and goes on."
            )


def is_drawn(text: str) -> bool:
    """Whether a dvc.yaml is the demo's, which draws its images itself."""
    try:
        return "draw" in yaml.safe_load(text)["stages"]
    except (yaml.YAMLError, KeyError, TypeError):
        return False


def main() -> None:
    """Write the dvc.yaml of the project in the current directory anew, and what it names.

    Stages of people's own are kept.
    """
    settings = load_settings()
    try:
        graph = read_graph(Path(), settings)
        text = graph_text(graph.wanted, graph.added)
    except InputError:
        text = dvc_yaml(settings)
    write_text(Path("dvc.yaml"), text)
    make_reviewed_folder(Layout())


if __name__ == "__main__":
    main()
