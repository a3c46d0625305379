"""The worlds by name: where each comes from, and how it is made."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from blake3 import blake3

from bench.caption_reading import coco_words, own_names
from bench.project_world import make_project_world
from bench.world import Skipped
from components.atomic import write_text
from components.errors import InputError
from examples.worlds.clip_vectors import make_clip_vectors
from examples.worlds.pacs import make_pacs
from project.layout import Layout

WORLDS = ("cards", "coco256", "pacs280", "clip_vitb16")
DRAWN_AGAIN = ("cards", "coco256")
"""Worlds that can be had in many draws: of other scenes, or of the same photographs dealt out to
train, hold-out and test in another way."""
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
    for word in names:
        name, at, draw = word.partition("@")
        if name not in WORLDS:
            raise InputError(f"No world is called {name!r}; use {', '.join(WORLDS)}.")
        if at and (name not in DRAWN_AGAIN or not draw.isdecimal()):
            raise InputError(
                f"{word!r} is no draw of a world; use a whole number, for example cards@3, and of "
                f"{' or '.join(DRAWN_AGAIN)} alone."
            )


def with_draws(names: Sequence[str], draws: int) -> list[str]:
    """That many draws of each world that has them, in the place of the world.

    Example:
        >>> with_draws(["cards", "pacs280"], 2)
        ['cards@1', 'cards@2', 'pacs280']
    """
    return [
        word
        for name in names
        for word in (
            [f"{name}@{draw + 1}" for draw in range(draws)] if name in DRAWN_AGAIN else [name]
        )
    ]


def make_world(word: str, out: Path, cards: Path | None = None) -> Path | Skipped:
    """The directory of a world's arrays below ``out``, made if it is not there.

    Args:
        word: One of ``WORLDS``, or a draw of it such as ``cards@3``.
        out: The bench's own directory.
        cards: A finished project of the cards world; None draws and embeds one. Other draws
            are always made.
    """
    name, _, draw = word.partition("@")
    if name == "cards":
        project = cards if cards and not draw else _cards_project(word, out, draw)
        return make_project_world(word, project, out, own_names)
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
    return make_project_world(word, _coco_project(word, folder, out, draw), out, coco_words)


def _cards_project(word: str, out: Path, draw: str) -> Path:
    """Draw, prepare and embed the demo's world; finished steps are not repeated.

    A draw has scenes of its own, by its number as their seed.
    """
    encoder = REPOSITORY / "examples" / "cards" / "encoder"
    if not encoder.is_dir():
        raise InputError(
            "The cards world is drawn by the source tree of Efuda, which is not here; give a "
            "finished project of it with --cards, or another --world."
        )
    project = _project_of(word, out, encoder / "open_clip_model.safetensors")
    layout = Layout(project)
    if not layout.label_vectors.exists():
        from examples.cards.draw import draw as draw_cards

        draw_cards(
            project / "data" / "cards",
            num_scenes=CARDS_SCENES,
            seed=int(draw) if draw else CARDS_SEED,
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


def _coco_project(word: str, folder: Path, out: Path, draw: str) -> Path:
    """Prepare and embed the photographs; a draw deals them out by its number as the salt."""
    project = _project_of(word, out, folder / "instances.json")
    layout = Layout(project)
    if not layout.label_vectors.exists():
        if draw:  # the same photographs have the same vectors
            undrawn = Layout(_coco_project(word.partition("@")[0], folder, out, ""))
            shutil.copytree(undrawn.features, layout.features, dirs_exist_ok=True)
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
            "splits": {"val": 0.2, "test": 0.35} | ({"salt": f"draw {draw}"} if draw else {}),
            "train": {"batch_size": 32},
        }
        _run_stages(layout, values)
    return project


def _project_of(word: str, out: Path, file: Path) -> Path:
    """Where a world's project is kept; another one where ``file``, which makes it, is another."""
    return out / "worlds" / f"{word}-project-{blake3(file.read_bytes()).hexdigest()[:8]}"


def _run_stages(layout: Layout, values: dict[str, object]) -> None:
    from pipelines.embed import stage as embed
    from pipelines.prepare import stage as prepare
    from project.settings import params_yaml, parse_settings

    settings = parse_settings(values, "the bench's own settings")
    layout.root.mkdir(parents=True, exist_ok=True)
    write_text(layout.params, params_yaml(settings))
    prepare.run(settings, layout)
    embed.run(settings, layout)
