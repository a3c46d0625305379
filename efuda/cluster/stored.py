"""A run on a cluster that shares no path: files go along with the job, data by a DVC remote."""

import shlex
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from components.atomic import write_text
from components.encoders.config_paths import named_files
from components.errors import InputError
from efuda.cluster.jobs import Jobs
from efuda.cluster.readiness import Needs
from efuda.cluster.shipment import Shipment, pack, shipment_lines, shipment_of
from efuda.cluster.small_results import LOCK, unpack_results
from efuda.cluster.store import Store, dvc, find_store, forget, owned_by_dvc, receive
from efuda.cluster.submission import INTERRUPTED, Submission, check_and_tell, followed, started
from efuda.command_answer import Answer
from efuda.commands.run import run_stages
from project.graph import source_files
from project.layout import Layout
from project.settings import Settings, load_settings

BEFORE_REGISTER = ("evaluate", "index")
REGISTER = "register"


def submit_through_store(
    jobs: Jobs, asked: Submission, name: str, key: str, tell: Callable[[str], object]
) -> Answer:
    """Send the project, run it on one node, and bring the results back.

    The registry is a file of this project unless params.yaml names a server, so the stage
    register runs here, once the results are here.

    Args:
        jobs: Of the cluster.
        asked: What was asked for.
        name: Of the DVC remote.
        key: Name of the job.
        tell: Takes sentences about what is going on.

    Raises:
        InputError: If something is missing here or there.
    """
    root, settings = Path(), load_settings()
    store = find_store(root, name)
    shipment = shipment_of(root)
    check_reachable(root, settings, shipment)
    arguments, registers_here = job_arguments(asked.arguments, settings)
    if store.folder:
        Path(store.folder).mkdir(parents=True, exist_ok=True)
    needs = Needs(folders=(store.folder,) if store.folder else ())
    check_and_tell(jobs, needs, key, tell)
    for line in shipment_lines(shipment):
        tell(line)
    dvc(root, "push", "--remote", name)
    with tempfile.TemporaryDirectory(prefix="efuda-submit-") as directory:
        pack(shipment, root, Path(directory))
        record_sent(root, key)
        command = _command(store, key, arguments)
        job = jobs.start(command, key, files=Path(directory), num_gpus=asked.num_gpus)
    later = f"Once it has ended: efuda submit --remote {name} --fetch {job}"
    if not asked.wait:
        return _with_line(started(jobs, job), later)
    tell(f"job {job} has started on one node; its stages stay there")
    answer = followed(jobs, job)
    if answer.status == INTERRUPTED:
        return _with_line(answer, later)
    fetched = fetch_results(root, name, key)
    status, ran = answer.status, _listed(answer.report["ran"])
    if status == 0 and registers_here:
        status, more, _ = run_stages(["--single-item", REGISTER])
        ran = [*ran, *more]
    report = {**answer.report, "ok": status == 0, "ran": ran, "fetched": fetched}
    return Answer(report, answer.lines, status)


def _with_line(answer: Answer, line: str) -> Answer:
    return replace(answer, lines=[*answer.lines, line])


def job_arguments(given: Sequence[str], settings: Settings) -> tuple[list[str], bool]:
    """The arguments of `efuda run` there, and whether register runs here afterwards.

    Raises:
        InputError: If register is asked for where the registry is a file here.
    """
    if settings.registry.tracking_uri.startswith(("http://", "https://")):
        return list(given), False
    targets = [word for word in given if not word.startswith("-")]
    if REGISTER in targets:
        raise InputError(
            "The registry is a file of this project, so register cannot run elsewhere; leave it "
            "out, and it runs here after the job."
        )
    if targets:
        return list(given), False
    return [*given, *BEFORE_REGISTER], True


def check_reachable(root: Path, settings: Settings, shipment: Shipment) -> None:
    """Refuse where a job could not get the images, the labels or the encoder.

    Raises:
        InputError: Naming what neither git nor DVC keeps.
    """
    needed = [*source_files(settings), *named_files(settings.encoder).values()]
    kept = owned_by_dvc(root, needed)
    sent = [Path(name) for name in shipment.files]
    lost = [
        path
        for path in needed
        if not kept[path] and not any(name.is_relative_to(path) for name in sent)
    ]
    if lost:
        raise InputError(
            f"The job could not read {', '.join(lost)}: neither git nor DVC keeps it in this "
            "project. Put it into the project and `dvc add` it, or use a path that all nodes share."
        )


def record_sent(root: Path, key: str) -> None:
    """Note which lock file a job starts from, so that a newer one is not overwritten."""
    write_text(_record(root, key), _hash(root / LOCK) or "")


def fetch_results(root: Path, name: str, key: str) -> bool:
    """Bring back what a job left in the remote; False where it left nothing.

    Args:
        root: The project.
        name: Of the DVC remote.
        key: Name of the job.

    Raises:
        InputError: If the project was run here meanwhile.
    """
    record = _record(root, key)
    before = record.read_text(encoding="utf-8") if record.exists() else None
    with tempfile.TemporaryDirectory(prefix="efuda-fetch-") as directory:
        archive = Path(directory) / "results.tar.gz"
        if not receive(root, name, key, archive):
            return False
        if _hash(root / LOCK) not in (None, before):
            raise InputError(
                f"dvc.lock has changed here since {key} was sent, so nothing was overwritten. Put "
                f"that file away and fetch with `efuda submit --remote {name} --fetch {key}`."
            )
        unpack_results(archive, root)
    dvc(root, "pull", "--remote", name, "--allow-missing")
    forget(root, name, key)
    record.unlink(missing_ok=True)
    return True


def _command(store: Store, key: str, arguments: Sequence[str]) -> str:
    job = ["python", "-m", "efuda.cluster.store_job", store.name, store.folder or "", key]
    return shlex.join([*job, *arguments])


def _record(root: Path, key: str) -> Path:
    return Layout(root).scratch / "sent" / key


def _hash(path: Path) -> str | None:
    return sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
