"""What killed runs of DVC leave locked is free again for the next.

DVC notes in `.dvc/tmp/rwlock` which process reads or writes which path, and asks only whether
there is a process of that number. After a SIGKILL that may be one that nobody has buried, or
another program altogether.
"""

import json
from pathlib import Path
from typing import Any

import psutil

from components.atomic import write_text

LOCK_FILE = Path(".dvc") / "tmp" / "rwlock"


def free_dead_locks(root: Path) -> None:
    """Take from DVC's notes every process that is not a living Python any more.

    Args:
        root: The project's directory, or one below it that is a DVC repository of its own.
    """
    path = root / LOCK_FILE
    try:
        noted: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        kept = {
            "write": {held: info for held, info in noted.get("write", {}).items() if _holds(info)},
            "read": {
                held: living
                for held, infos in noted.get("read", {}).items()
                if (living := [info for info in infos if _holds(info)])
            },
        }
    except FileNotFoundError:
        return
    except (ValueError, AttributeError, TypeError, KeyError):
        # Killed while it wrote: DVC would refuse every command from now on.
        path.unlink(missing_ok=True)
        return
    if kept != noted:
        write_text(path, json.dumps(kept))


def _holds(info: dict[str, Any]) -> bool:
    """Whether the process that holds a lock lives, and is not another one of its number."""
    try:
        process = psutil.Process(info["pid"])
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        # A script with a #! line bears the script's name: its command line still tells the Python.
        said = " ".join([process.name(), *process.cmdline()]).lower()
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
    return "python" in said or "dvc" in said
