"""A finished demo, held to the figures and hashes that were recorded of one.

``python -m tests.traces.demo PROJECT`` tells what differs and exits 1 if anything does;
``--record`` writes ``demo.json`` anew. Hashes depend on the processor's kernels: on another
machine the figures are what counts.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

DEMO = Path(__file__).with_name("demo.json")
TOLERANCE = 5e-4
"""Of a test mAP, from machine to machine."""


def record_of(project: Path) -> dict[str, Any]:
    """What is recorded of a finished demo."""
    metrics = json.loads((project / "reports" / "metrics.json").read_text(encoding="utf-8"))
    heads = sorted((project / "data" / "taggers").glob("*/seed-*/head.safetensors"))
    return {
        "test_mAP": {name: each["mAP"]["seeds"] for name, each in metrics["test"].items()},
        "proposals": {
            name: metrics["proposals"][name] for name in ("method", "precision", "recall")
        },
        "split_hash": metrics["split_hash"],
        "mask_hash": metrics["mask_hash"],
        "sha256": {
            path.relative_to(project).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in heads
        },
    }


def differences(found: dict[str, Any], recorded: dict[str, Any]) -> list[str]:
    """What differs, a line each; of hashes only how many."""
    told = [
        f"{name}: {found[name]} for {recorded[name]}"
        for name in ("split_hash", "mask_hash")
        if found[name] != recorded[name]
    ]
    if found["test_mAP"].keys() != recorded["test_mAP"].keys():
        told.append(f"recipes: {list(found['test_mAP'])} for {list(recorded['test_mAP'])}")
    for name, seeds in recorded["test_mAP"].items():
        ours = found["test_mAP"].get(name, seeds)
        if len(ours) != len(seeds) or any(
            abs(one - other) > TOLERANCE for one, other in zip(ours, seeds, strict=False)
        ):
            told.append(f"test mAP of {name}: {ours} for {seeds}")
    return told


def main() -> int:
    """Compare or record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    found = record_of(options.project)
    if options.record:
        DEMO.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        return 0
    kept = json.loads(DEMO.read_text(encoding="utf-8"))
    told = differences(found, kept)
    same = sum(found["sha256"].get(path) == hash_ for path, hash_ in kept["sha256"].items())
    print(*told, f"{same} of {len(kept['sha256'])} taggers are the same bytes", sep="\n")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
