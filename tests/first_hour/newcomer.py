"""A newcomer at the shell: types commands in a project, and asks the service."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from serving.client import Client

START_TIMEOUT_S = 300
EFUDA = Path(sys.executable).with_name("efuda")


@dataclass(frozen=True, slots=True)
class Said:
    """What a command answered."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Works in ``home``; the project is ``home / "own"`` unless told otherwise."""

    home: Path
    project: str = "own"

    @property
    def root(self) -> Path:
        """The project's directory."""
        return self.home / self.project

    def types(self, *arguments: object, at: Path | None = None) -> Said:
        """Run `efuda` with arguments, in the project unless another place is named."""
        return self.runs(EFUDA, *arguments, at=at)

    def runs(self, program: object, *arguments: object, at: Path | None = None) -> Said:
        """Run any program."""
        done = subprocess.run(
            [str(program), *map(str, arguments)],
            cwd=at or self.root,
            env={**os.environ, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def succeeds(self, *arguments: object, at: Path | None = None) -> Said:
        """As :meth:`types`; the command must succeed, and show no traceback."""
        said = self.types(*arguments, at=at)
        assert said.status == 0, said.out[-2000:] + said.err[-4000:]
        assert "Traceback" not in said.err
        return said

    def is_told(self, *arguments: object, at: Path | None = None) -> str:
        """As :meth:`types`; the command must refuse in plain words, which are returned."""
        said = self.types(*arguments, at=at)
        assert said.status == 2, said.out[-2000:] + said.err[-4000:]
        assert "Traceback" not in said.err
        return said.out + said.err

    def starts(self, *options: object) -> None:
        """`efuda init` with the encoder that needs no network, and a training of seconds."""
        self.succeeds("init", self.project, *options, "--encoder", "conse", at=self.home)
        self.sets(
            tune={"runner": "local"},
            calibrate={"num_bootstrap": 20},
            evaluate={"num_bootstrap": 20},
        )
        params = self.settings()["train"]
        few = [name for name in ("zero_shot", "ignore_unknown") if name in params["recipes"]]
        others = [name for name in params["recipes"] if name == "tagalign"]
        self.sets(train={"recipes": few + others, "epochs": 3, "seeds": [0]})

    def settings(self) -> dict[str, Any]:
        """params.yaml as it stands."""
        return yaml.safe_load((self.root / "params.yaml").read_text(encoding="utf-8"))

    def sets(self, **sections: dict[str, Any]) -> None:
        """Edit params.yaml."""
        values = self.settings()
        for section, changed in sections.items():
            values[section] = {**values[section], **changed}
        text = yaml.safe_dump(values, sort_keys=False)
        (self.root / "params.yaml").write_text(text, encoding="utf-8")

    @contextmanager
    def served(self) -> Generator[Client]:
        """A client of the project's service, which is stopped afterwards."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with subprocess.Popen(
            [EFUDA, "serve", "--port", str(port), "--threads", "1", "--json"],
            cwd=self.root,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            watchdog = threading.Timer(START_TIMEOUT_S, process.kill)
            watchdog.start()
            try:
                assert process.stdout is not None
                line = process.stdout.readline()
                assert line, f"the service did not start (exit status {process.poll()})"
                with Client(json.loads(line)["url"]) as client:
                    yield client
            finally:
                watchdog.cancel()
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=90)

    def ends_well(self, picture: Path, words: str) -> None:
        """Run to the end, promote, serve; a picture is tagged and found, words find pictures."""
        self.succeeds("run")
        self.succeeds("promote")
        report = (self.root / "reports" / "report.html").read_text(encoding="utf-8")
        assert "<svg" in report or "not measured" in report.lower()
        with self.served() as client:
            assert client.tag(picture)["tags"]
            found = client.search(image=picture, k=3)["results"]
            assert Path(found[0]["path"]).name == picture.name
            assert len(client.search(text=words, k=4)["results"]) == 4
