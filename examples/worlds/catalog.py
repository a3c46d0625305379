"""The worlds by name: where each comes from, and how it is made."""

import os
from collections.abc import Sequence
from pathlib import Path

from bench.caption_reading import coco_words, own_names
from bench.project_world import make_project_world
from bench.world import Skipped
from components.atomic import write_text
from components.errors import InputError
from examples.worlds.clip_vectors import make_clip_vectors
from examples.worlds.pacs import make_pacs
from project.layout import Layout

WORLDS = ("cards", "coco256", "pacs280", "clip_vitb16")
REPOSITORY = Path(__file__).parents[2]
CARDS_SCENES = 4000
CARDS_SEED = 7
CARDS_SKETCHES = 4


def real_data() -> Path:
    """Where real data lie that no package may hold."""
    return Path(os.environ.get("EFUDA_REAL_DATA", "../shared/real"))


def check_worlds(names: Sequence[str]) -> None:
    """Refuse names that are no world.

    Raises:
        InputError: Naming the worlds there are.
    """
    for name in names:
        if name not in WORLDS:
            raise InputError(f"No world is called {name!r}; use {', '.join(WORLDS)}.")


def make_world(name: str, out: Path, cards: Path | None = None) -> Path | Skipped:
    """The directory of a world's arrays below ``out``, made if it is not there.

    Args:
        name: One of ``WORLDS``.
        out: The bench's own directory.
        cards: A finished project of the cards world; None draws and embeds one.
    """
    if name == "cards":
        return make_project_world(name, cards or _cards_project(out), out, own_names)
    folder = real_data() / name
    if not folder.is_dir():
        return Skipped(
            name,
            f"its data are not at {folder}; set EFUDA_REAL_DATA to the folder that holds {name}",
        )
    if name == "clip_vitb16":
        return make_clip_vectors(real_data(), out)
    if name == "pacs280":
        return make_pacs(folder, out)
    return make_project_world(name, _coco_project(folder, out), out, coco_words)


def _cards_project(out: Path) -> Path:
    """Draw, prepare and embed the demo's world; finished steps are not repeated."""
    project = out / "worlds" / "cards-project"
    layout = Layout(project)
    encoder = REPOSITORY / "examples" / "cards" / "encoder"
    if not encoder.is_dir():
        raise InputError(
            "The cards world is drawn by the source tree of Efuda, which is not here; give a "
            "finished project of it with --cards, or another --world."
        )
    if not layout.label_vectors.exists():
        from examples.cards.draw import draw

        draw(
            project / "data" / "cards",
            num_scenes=CARDS_SCENES,
            seed=CARDS_SEED,
            num_sketches=CARDS_SKETCHES,
            workers=len(os.sched_getaffinity(0)),
        )
        source = {
            "kind": "coco",
            "images": "data/cards/images",
            "annotations": "data/cards/instances.json",
            "captions": "data/cards/captions.json",
            "sketches": "data/cards/sketches",
        }
        config = {"kind": "open_clip", "model": f"local-dir:{encoder}"}
        _run_stages(layout, {"source": source, "encoder": config, "project": {"name": "cards"}})
    return project


def _coco_project(folder: Path, out: Path) -> Path:
    project = out / "worlds" / "coco256-project"
    layout = Layout(project)
    if not layout.label_vectors.exists():
        root = folder.resolve()
        source = {
            "kind": "coco",
            "images": str(root / "images"),
            "annotations": str(root / "instances.json"),
            "captions": str(root / "captions.json"),
        }
        values: dict[str, object] = {
            "source": source,
            "encoder": {"kind": "conse"},
            "project": {"name": "coco256"},
            # Few images: more of them to measure on, smaller batches to learn in.
            "splits": {"val": 0.2, "test": 0.35},
            "train": {"batch_size": 32},
        }
        _run_stages(layout, values)
    return project


def _run_stages(layout: Layout, values: dict[str, object]) -> None:
    from pipelines.embed import stage as embed
    from pipelines.prepare import stage as prepare
    from project.settings import params_yaml, parse_settings

    settings = parse_settings(values, "the bench's own settings")
    layout.root.mkdir(parents=True, exist_ok=True)
    write_text(layout.params, params_yaml(settings))
    prepare.run(settings, layout)
    embed.run(settings, layout)
