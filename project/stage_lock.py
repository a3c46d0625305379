"""One run of a stage at a time in one project.

When `dvc repro` is killed, the stage it had started lives on, and DVC lets a new
run begin at once. The new stage then waits for the old one, and finds its work
done; two of them writing the same artefacts would each undo the other's.
"""

import fcntl
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def only_run(stage: str, scratch: Path) -> Generator[None]:
    """Hold the lock of a stage; wait for another run, saying so, if there is one.

    The system frees the lock when its holder ends, however it ends.

    Args:
        stage: Name of the stage.
        scratch: Folder of the lock file, made if it is missing.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with (scratch / f"{stage}.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            print(
                f"efuda {stage}: another run of this stage (process {holder}) works in this "
                "project; waiting for it to end …",
                file=sys.stderr,
            )
            fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        yield
