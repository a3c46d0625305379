"""What an attacker gets out of the service: memory, time, errors.

Run from the project root: ``python -m benchmarks.attacks [--json] [--quick]``.
``worst_decode_mb`` and ``worst_decode_s`` are the most that one hostile picture of
``tests/serving/attacks`` takes, over what the processes hold at rest: each is decoded in fresh
processes within the budget of what is sent, the shortest of several runs counting.
``worst_decode_processor_s`` is the decoder's own time, its start included, which other work on the
machine does not lengthen. ``server_errors`` counts answers over 499, none at all, or in another
form than documented, among malformed requests and what others asked while clients stalled;
``health_ms_under_attack`` is the median of `/healthz` in the worst of those attacks. With
``--quick`` there is one run of the pictures, and fewer requests.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.figures import Figure, run_benchmark_or_part
from benchmarks.service_attacks import service_attacks
from tests.serving.attacks.decoding_cost import measure_cost
from tests.serving.attacks.hostile_pictures import HOSTILE

RUNS = 3
ASKED_MB, ASKED_S = 200.0, 1.0


def decoding(quick: bool) -> Iterator[Figure]:
    """The picture that takes most memory, and the one that takes most time."""
    megabytes: dict[str, float] = {}
    seconds: dict[str, float] = {}
    processor: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, make in HOSTILE.items():
            file = Path(folder, name)
            file.write_bytes(make())
            costs = [measure_cost(file) for _ in range(1 if quick else RUNS)]
            megabytes[name] = max(cost.megabytes for cost in costs)
            seconds[name] = min(cost.seconds for cost in costs)
            processor[name] = min(cost.processor_seconds for cost in costs)
    for figure, unit, asked, by_name in (
        ("worst_decode_mb", "MB", ASKED_MB, megabytes),
        ("worst_decode_s", "s", ASKED_S, seconds),
        ("worst_decode_processor_s", "s", ASKED_S, processor),
    ):
        worst = max(by_name, key=by_name.__getitem__)
        against = f"{asked:g} {unit} asked; {worst} of {len(by_name)} pictures"
        yield Figure(name=figure, value=by_name[worst], unit=unit, against=against)


ATTACKS: Sequence[Callable[[bool], Iterator[Figure]]] = (decoding, service_attacks)
"""Each is told whether a short form is asked for, and gives its figures."""


def attacks(quick: bool) -> Iterator[Figure]:
    """What an attacker gets out of the service."""
    for attack in ATTACKS:
        yield from attack(quick)


if __name__ == "__main__":
    run_benchmark_or_part(attacks)
