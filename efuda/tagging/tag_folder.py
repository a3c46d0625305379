"""Tags any folder of pictures with a bundle: all of it, or what an interrupted run left."""

import csv
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from components.atomic import atomic_path
from components.bundle import load_bundle
from components.data.quarantine_reasons import SourceReason
from components.errors import InputError
from efuda.tagging.output import SUFFIXES, TagTable, check_wide, write_tags
from efuda.tagging.parts import PART_SIZE, PartTagger, TagJob
from pipelines.prepare.sources.paths import list_images, undecodable_images
from project.progress import shown
from project.ray_session import cluster_address
from project.settings import EmbedSettings
from project.stage_lock import only_run

Runner = Literal["auto", "local", "ray"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TagRequest:
    """What to tag, with what, and how the answer is laid out."""

    folder: Path
    out: Path
    bundle: Path
    compute: EmbedSettings
    runner: Runner = "auto"
    top_k: int | None = 10
    is_wide: bool = False
    replace: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Tagged:
    """What was done."""

    num_tagged: int
    num_failed: int
    num_others: int
    """Files that are no pictures by their name."""
    bundle: str
    is_calibrated: bool
    """Else what is called probability is a mere score."""
    runner: str
    quarantine: Path | None


def tag_folder(request: TagRequest) -> Tagged:
    """Tag every picture below a folder, in the order of their paths.

    What is finished is kept in a hidden folder beside the output until the output is whole,
    so that a run that was killed goes on. A picture that cannot be used goes into
    ``NAME.quarantine.csv`` beside the output, and the others are tagged.

    Raises:
        InputError: If the folder, the output or the bundle cannot be used.
    """
    out = request.out.absolute()
    images = _images(request.folder)
    bundle = load_bundle(request.bundle)
    if request.is_wide:
        check_wide(bundle.vocabulary.names)
    scratch = out.with_name(f".{out.name}.parts")
    _refuse_taken(out, scratch, replace=request.replace)
    table = TagTable(
        labels=bundle.vocabulary.names,
        thresholds=bundle.calibration.threshold.tolist(),
        bundle=bundle.version,
        top_k=request.top_k,
        is_wide=request.is_wide,
        hierarchy=bundle.vocabulary.hierarchy,
    )
    job = TagJob(
        bundle=request.bundle.absolute(),
        folder=request.folder.absolute(),
        parts=scratch,
        num_threads=request.compute.num_threads,
        use_gpu=request.compute.use_gpu,
    )
    parts = [images[start : start + PART_SIZE] for start in range(0, len(images), PART_SIZE)]
    runner = _runner(request, len(images))
    with only_run("tag", scratch):
        names = _all_shown(_names(job, parts, runner, request.compute.num_actors), parts)
        faults = [*_undecodable(request.folder), *_faults(scratch, names)]
        quarantine = _write_quarantine(out, faults)
        with atomic_path(out) as temporary:
            num_tagged = write_tags(temporary, table, _pictures(scratch, names))
        shutil.rmtree(scratch)
    return Tagged(
        num_tagged=num_tagged,
        num_failed=len(faults),
        num_others=_num_files(request.folder) - len(images),
        bundle=bundle.version,
        is_calibrated=bundle.calibration.is_calibrated,
        runner=runner,
        quarantine=quarantine,
    )


def _images(folder: Path) -> list[str]:
    if not folder.is_dir():
        kind = "is a file" if folder.exists() else "does not exist"
        raise InputError(f"{folder} {kind}; name a folder of pictures.")
    images = list_images(folder)
    if not images:
        raise InputError(
            f"No file below {folder} is a picture by its name (.jpg, .png, .webp and so on)."
        )
    return images


def _refuse_taken(out: Path, scratch: Path, *, replace: bool) -> None:
    if out.suffix not in SUFFIXES:
        raise InputError(f"--out must end in {', '.join(SUFFIXES)}, got {out.name!r}.")
    if not out.parent.is_dir():
        raise InputError(f"The folder {out.parent} does not exist; make it, or correct --out.")
    if out.is_dir():
        raise InputError(f"{out} is a folder; name a file with --out.")
    if out.exists() and not replace:
        # A run that was killed at the very end had finished but for its leftovers.
        shutil.rmtree(scratch, ignore_errors=True)
        raise InputError(f"{out} exists; name another file, or replace it with --force.")


def _runner(request: TagRequest, num_images: int) -> Literal["local", "ray"]:
    """As the stage embed decides."""
    if request.runner != "auto":
        return request.runner
    worth_it = num_images > request.compute.ray_above or cluster_address() is not None
    return "ray" if worth_it else "local"


def _names(
    job: TagJob, parts: Sequence[Sequence[str]], runner: str, num_actors: int
) -> Iterator[str]:
    if runner == "ray":
        from efuda.tagging.ray_actors import tag_on_ray

        yield from tag_on_ray(job, parts, num_actors)
        return
    tagger = PartTagger(job)
    yield from (tagger.tag(part) for part in parts)


def _all_shown(names: Iterator[str], parts: Sequence[Sequence[str]]) -> list[str]:
    """The names of all parts, with the progress shown while they come."""
    found: list[str] = []
    with shown("tag", sum(map(len, parts)), unit="pictures") as work:
        for name, part in zip(names, parts, strict=True):
            found.append(name)
            work.advance(len(part))
    return found


def _pictures(folder: Path, names: Sequence[str]) -> Iterator[list[Mapping[str, Any]]]:
    """The tagged pictures, a part at a time."""
    for name in names:
        rows = pq.read_table(folder / name).to_pylist()
        yield [row for row in rows if row["reason"] is None]


def _faults(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    for name in names:
        for row in pq.read_table(folder / name, columns=["image", "reason", "detail"]).to_pylist():
            if row["reason"] is not None:
                yield row["image"], row["reason"], row["detail"]


def _undecodable(folder: Path) -> Iterator[tuple[str, str, str]]:
    for image in undecodable_images(folder):
        yield image, str(SourceReason.BAD_NAME), "its file name is not UTF-8; rename it"


def _write_quarantine(out: Path, faults: Sequence[tuple[str, str, str]]) -> Path | None:
    path = out.with_name(f"{out.stem}.quarantine.csv")
    if not faults:
        path.unlink(missing_ok=True)
        return None
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("image", "reason", "detail"))
        rows.writerows(faults)
    return path


def _num_files(folder: Path) -> int:
    """Files that are not hidden, in folders that are not."""
    return sum(
        path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        for path in folder.rglob("*")
    )
