"""`efuda bench`: every method under the same protocols, on worlds whose truth is known.

Rows are kept one file a cell in the output directory, so that a bench that was
stopped goes on, and a larger one measures only what is new.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

from bench.protocols import DEFAULT, QUICK, RATIOS, check_protocol
from components.errors import InputError

DEFAULT_SEEDS = 3
DEFAULT_OUT = Path("reports/bench")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="efuda bench",
        description="Compare every method under the same protocols; what is measured is kept.",
    )
    several = {"action": "append", "default": [], "metavar": "NAME"}
    parser.add_argument(
        "--world", **several, help="cards (default), coco256, pacs280, clip_vitb16; repeatable"
    )
    parser.add_argument(
        "--protocol",
        **several,
        help="single-positive, partial:SHARE, few:SHARE, captions, sketch, proposals; repeatable",
    )
    parser.add_argument("--method", **several, help="only these methods; repeatable")
    parser.add_argument(
        "--seeds", type=int, help=f"masks and trainings each (default {DEFAULT_SEEDS})"
    )
    parser.add_argument("--all-ratios", action="store_true", help="partial:0.1 to partial:0.9")
    parser.add_argument("--quick", action="store_true", help="one seed of four protocols")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help=f"default {DEFAULT_OUT}")
    parser.add_argument("--cards", type=Path, metavar="DIR", help="a finished project of the cards")
    parser.add_argument(
        "--holdout",
        choices=("protocol", "observed", "clean"),
        default="protocol",
        help="labels of the hold-out: as the protocol is published (default), hidden as in "
        "training, or all of them",
    )
    parser.add_argument("--at-once", type=int, default=2, help="cells side by side (default 2)")
    parser.add_argument("--local", action="store_true", help="in this process, without Ray")
    parser.add_argument(
        "--any-code", action="store_true", help="take finished rows whatever code made them"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write one JSON line a row")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Entry point of `efuda bench`."""
    options = _parser().parse_args(arguments)
    # Checked before anything heavy is imported or made.
    protocols = _protocols(options)
    if options.seeds is not None and options.seeds < 1:
        raise InputError(f"--seeds is {options.seeds}: it must be at least 1.")
    if options.at_once < 1:
        raise InputError(f"--at-once is {options.at_once}: it must be at least 1.")
    # Libraries that chat on stdout must not spoil the table there.
    with redirect_stdout(sys.stderr):
        from bench.bench import run_bench

        report = run_bench(options, protocols, options.seeds or (1 if options.quick else 3))
    print("\n".join(report.lines))
    return 1 if report.num_failed else 0


def _protocols(options: argparse.Namespace) -> tuple[str, ...]:
    if options.protocol:
        chosen = [check_protocol(word) for word in options.protocol]
    else:
        chosen = list(QUICK if options.quick else DEFAULT)
    if options.all_ratios:
        others = [word for word in chosen if not word.startswith("partial:")]
        place = next((n for n, word in enumerate(chosen) if word.startswith("partial:")), 0)
        chosen = [*others[:place], *RATIOS, *others[place:]]
    return tuple(dict.fromkeys(chosen))
