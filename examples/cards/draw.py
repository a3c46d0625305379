"""Draws the cards data set: `python -m examples.cards.draw --out data/cards`.

Scene ``i`` depends on the seed and on ``i`` alone, so a larger number of scenes
only adds. Files that this command did not write are never touched.
"""

import argparse
import hashlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from components.atomic import atomic_path, read_json, write_json, write_text
from components.errors import InputError
from examples.cards import coco
from examples.cards.captions import captions
from examples.cards.concepts import HERE, concepts
from examples.cards.painting import paint
from examples.cards.scenes import World, plan_scene
from examples.cards.sketches import sketch

DRAWING_VERSION = 1
"""Raised when the same tables and seed begin to give other pictures."""
CHUNK = 50
LARGEST_NUMBER = 999_999
RECORD = "drawn.json"
ATTRIBUTION = """\
The pictures in this folder are made of emojis designed by OpenMoji
(https://openmoji.org), the open-source emoji and icon project, changed in
colour, size and arrangement. OpenMoji is licensed under CC BY-SA 4.0
(https://creativecommons.org/licenses/by-sa/4.0/); so are these pictures.
"""


def recipe(seed: int) -> str:
    """A word that changes whenever the drawings would."""
    tables = [(HERE / name).read_bytes() for name in ("concepts.csv", "contexts.csv")]
    text = b"".join([*tables, f"{DRAWING_VERSION} {seed} {World()}".encode()])
    return hashlib.sha256(text).hexdigest()[:16]


def draw_scene(seed: int, number: int) -> tuple[coco.DrawnScene, bytes]:
    """One scene and its JPEG file."""
    rng = np.random.default_rng([seed, number])
    plan = plan_scene(rng, World())
    pixels, outlines = paint(plan)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=88)
    scene = coco.DrawnScene(
        number=number,
        things=tuple(
            (thing.concept, thing.colour, outline)
            for thing, outline in zip(plan.things, outlines, strict=True)
            if outline is not None
        ),
        captions=tuple(captions(plan, rng)),
    )
    return scene, file.getvalue()


def draw_sketch(seed: int, concept: str, number: int) -> bytes:
    """One sketch of a concept as a PNG file."""
    position = list(concepts()).index(concept)
    rng = np.random.default_rng([seed, position, number])
    codes = concepts()[concept].pictures
    file = io.BytesIO()
    sketch(codes[(number - 1) % len(codes)], rng).save(file, "PNG", optimize=True)
    return file.getvalue()


def _put(path: Path, content: bytes, *, ours: bool) -> None:
    """Write a file; a file of someone else under that name is an error."""
    if path.exists():
        old = path.read_bytes()
        if old == content:
            return
        if not ours:
            raise InputError(
                f"{path} exists and was not drawn by this command: "
                "rename it, or choose another folder with --out"
            )
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def _scene_chunk(out: Path, seed: int, numbers: list[int], own: int) -> list[coco.DrawnScene]:
    scenes = []
    for number in numbers:
        scene, content = draw_scene(seed, number)
        _put(out / "images" / coco.file_name(number), content, ours=number <= own)
        scenes.append(scene)
    return scenes


def sketch_path(out: Path, concept: str, number: int) -> Path:
    """Where a sketch lies."""
    return out / "sketches" / concept / f"{number:02d}.png"


def _sketch_chunk(out: Path, seed: int, concept: str, numbers: list[int], own: int) -> None:
    for number in numbers:
        content = draw_sketch(seed, concept, number)
        _put(sketch_path(out, concept, number), content, ours=number <= own)


def _parallel(
    tasks: list[tuple[Any, ...]], work: Callable[..., Any], workers: int, title: str
) -> Iterator[Any]:
    """Results in the order of the tasks, with a progress bar on stderr."""
    from rich.console import Console
    from rich.progress import track

    shown = partial(track, description=title, console=Console(stderr=True), transient=True)
    if workers == 1 or len(tasks) < 3:
        yield from (work(*task) for task in shown(tasks))
        return
    with ProcessPoolExecutor(workers) as pool:
        futures = [pool.submit(work, *task) for task in tasks]
        try:
            yield from (future.result() for future in shown(futures))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _read_record(out: Path) -> dict[str, Any]:
    path = out / RECORD
    empty = {"recipe": "", "scenes": 0, "sketches": 0}
    return read_json(path) if path.exists() else empty


def _documents(out: Path, scenes: list[coco.DrawnScene], kept: set[int]) -> None:
    """Write both COCO documents: new scenes beside the kept ones."""
    numbers = sorted(kept | {scene.number for scene in scenes})
    images = [coco.image_entry(number) for number in numbers]
    for name, entries in (
        ("instances.json", coco.annotation_entries(scenes)),
        ("captions.json", coco.caption_entries(scenes)),
    ):
        old = read_json(out / name)["annotations"] if kept else []
        rows = sorted(chain((r for r in old if r["image_id"] in kept), entries), key=_id)
        document: dict[str, Any] = {"info": coco.INFO, "images": images, "annotations": rows}
        if name == "instances.json":
            document["categories"] = coco.categories()
        write_text(out / name, json.dumps(document) + "\n")


def _id(entry: dict[str, Any]) -> int:
    return entry["id"]


def draw(
    out: Path, *, num_scenes: int, seed: int, num_sketches: int, workers: int
) -> dict[str, object]:
    """Bring the folder to at least that many scenes and sketches; return a report."""
    if not 1 <= num_scenes <= LARGEST_NUMBER or num_sketches < 0 or seed < 0:
        raise InputError(
            f"got {num_scenes} scenes, {num_sketches} sketches and seed {seed}: "
            f"allowed are 1 to {LARGEST_NUMBER} scenes, and no negative number"
        )
    record, word = _read_record(out), recipe(seed)
    same = record["recipe"] == word
    documents = all((out / name).exists() for name in ("instances.json", "captions.json"))
    kept = {
        number
        for number in range(1, record["scenes"] + 1)
        if same and documents and (out / "images" / coco.file_name(number)).exists()
    }
    target = max(num_scenes, record["scenes"])
    missing = [number for number in range(1, target + 1) if number not in kept]
    parts = [missing[i : i + CHUNK] for i in range(0, len(missing), CHUNK)]
    tasks = [(out, seed, part, record["scenes"]) for part in parts]
    scenes = list(chain.from_iterable(_parallel(tasks, _scene_chunk, workers, "Drawing scenes")))
    sketches = _draw_sketches(out, seed, num_sketches, record, same=same, workers=workers)
    if scenes or not documents:
        _documents(out, scenes, kept)
    write_text(out / "ATTRIBUTION.txt", ATTRIBUTION)
    drawn = {"schema_version": 1, "recipe": word, "seed": seed, "scenes": target}
    write_json(out / RECORD, drawn | {"sketches": max(num_sketches, record["sketches"])})
    return {"scenes": target, "scenes_drawn": len(scenes), "sketches_drawn": sketches}


def _draw_sketches(
    out: Path, seed: int, num_sketches: int, record: dict[str, Any], *, same: bool, workers: int
) -> int:
    numbers = range(1, max(num_sketches, record["sketches"]) + 1)
    tasks = []
    for concept in concepts():
        missing = [
            n
            for n in numbers
            if not (same and n <= record["sketches"] and sketch_path(out, concept, n).exists())
        ]
        if missing:
            tasks.append((out, seed, concept, missing, record["sketches"]))
    list(_parallel(tasks, _sketch_chunk, workers, "Drawing sketches"))
    return sum(len(task[3]) for task in tasks)


def main() -> None:
    """Draw from the command line."""
    parser = argparse.ArgumentParser(prog="python -m examples.cards.draw", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("data/cards"))
    parser.add_argument("--scenes", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--sketches", type=int, default=4, help="sketches of each concept")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    try:
        report = draw(
            args.out,
            num_scenes=args.scenes,
            seed=args.seed,
            num_sketches=args.sketches,
            workers=args.workers,
        )
    except InputError as fault:
        print(f"draw: {fault}", file=sys.stderr)
        sys.exit(2)
    if args.json:
        print(json.dumps(report))
    else:
        print(
            f"{args.out}: {report['scenes']} scenes, {report['scenes_drawn']} of them drawn now; "
            f"{report['sketches_drawn']} sketches drawn now"
        )


if __name__ == "__main__":
    main()
