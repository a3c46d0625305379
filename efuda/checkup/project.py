"""What the doctor looks at in a project."""

import socket
from dataclasses import replace
from pathlib import Path

import yaml

from components.errors import InputError
from components.findings import Finding, Status
from efuda.checkup.labelling import labelling_findings
from efuda.checkup.registry import registry_finding
from project.graph import read_graph
from project.settings import Settings, load_settings


def project_findings(root: Path) -> list[Finding]:
    """The project's files, its source, its encoder and its port."""
    if not (root / "params.yaml").exists():
        return [
            Finding(
                Status.WARNING,
                "project",
                "there is no params.yaml here, so only the machine was looked at",
                "change to a project's directory, or make one with `efuda init`",
            )
        ]
    try:
        settings = load_settings(root / "params.yaml")
    except InputError as fault:
        return [Finding(Status.ERROR, "params.yaml", str(fault), "correct the keys named above")]
    return [
        Finding(Status.OK, "params.yaml", f"project {settings.project.name!r}"),
        _graph(root, settings),
        _repository(root),
        *_source(root, settings),
        *_encoder(root, settings),
        registry_finding(root, settings),
        _port(settings),
        *labelling_findings(root),
    ]


def _graph(root: Path, settings: Settings) -> Finding:
    try:
        graph = read_graph(root, settings)
    except InputError as fault:
        remedy = "`python -m project.graph` writes it from params.yaml"
        return Finding(Status.ERROR, "dvc.yaml", str(fault), remedy)
    if not graph.changed:
        return Finding(Status.OK, "dvc.yaml", f"{len(graph.found['stages'])} stages")
    detail = f"stages that do not fit params.yaml: {', '.join(graph.changed)}"
    remedy = "`efuda run` writes it anew"
    if graph.is_theirs or graph.is_edited:
        detail += "; it was edited by hand"
        remedy = "unless that is meant so: `python -m project.graph` writes it anew"
    return Finding(Status.WARNING, "dvc.yaml", detail, remedy)


def _repository(root: Path) -> Finding:
    if (root / ".dvc").is_dir():
        return Finding(Status.OK, "DVC repository", str((root / ".dvc").resolve()))
    return Finding(
        Status.ERROR, "DVC repository", "there is no .dvc here", "run `git init` and `dvc init`"
    )


def _source(root: Path, settings: Settings) -> list[Finding]:
    source = settings.source
    named = {
        "source.images": source.images,
        "source.annotations": source.annotations,
        "source.captions": source.captions,
        "source.sketches": source.sketches,
        "source.vocabulary_file": source.vocabulary_file,
        **{f"source.split_files.{split}": path for split, path in source.split_files.items()},
    }
    return [_path(root, key, path) for key, path in named.items() if path]


def _path(root: Path, key: str, path: str) -> Finding:
    place = root / path
    if place.exists():
        return Finding(Status.OK, key, path)
    if _is_made(root, path):
        return Finding(Status.OK, key, f"{path} (a stage makes it)")
    return Finding(
        Status.ERROR,
        key,
        f"{path} does not exist",
        f"correct {key} in params.yaml, or put it there",
    )


def _is_made(root: Path, path: str) -> bool:
    """Whether a stage of the project makes the path, as the demo's does."""
    try:
        text = (root / "dvc.yaml").read_text(encoding="utf-8")
        stages = yaml.safe_load(text)["stages"].values()
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError):
        return False
    outs = [out if isinstance(out, str) else next(iter(out)) for s in stages for out in s["outs"]]
    return any(Path(path).is_relative_to(out) for out in outs)


def _encoder(root: Path, settings: Settings) -> list[Finding]:
    from components.encoders.catalog import probe
    from components.encoders.config_paths import anchored

    found = probe(anchored(settings.encoder, root))
    return [replace(each, what=f"encoder: {each.what}") for each in found]


def _port(settings: Settings) -> Finding:
    host, port = settings.serve.host, settings.serve.port
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as fault:
            return Finding(
                Status.WARNING,
                f"port {port}",
                f"cannot be used on {host}: {fault.strerror}",
                "stop what uses it, or serve with --port",
            )
    return Finding(Status.OK, f"port {port}", f"free on {host}")
