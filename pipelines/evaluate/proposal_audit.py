"""How right the proposed labels were, where the truth had been hidden.

Only here are hidden labels read. They exist when a protocol hid them on purpose.
"""

from dataclasses import dataclass

import pandas as pd

from components.data.examples import read_examples
from components.labelers.proposal_table import read_proposals
from components.labels.states import ABSENT, PRESENT
from components.labels.tables import read_labels
from project.layout import Layout

NUM_BANDS = 5
NUM_WORST = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class SignAudit:
    """Proposals of one sign.

    Attributes:
        proposed: How many there are.
        checked: How many of them fall on a hidden cell.
        right: How many of those are right.
        hidden: Hidden cells of that sign.
    """

    proposed: int
    checked: int
    right: int
    hidden: int

    @property
    def precision(self) -> float | None:
        """Share of the checked ones that are right."""
        return self.right / self.checked if self.checked else None

    @property
    def recall(self) -> float | None:
        """Share of the hidden cells that were found."""
        return self.right / self.hidden if self.hidden else None


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreBand:
    """Positive proposals of neighbouring scores."""

    low: float
    high: float
    checked: int
    right: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposalAudit:
    """Everything known about the quality of the proposals."""

    present: SignAudit
    absent: SignAudit
    bands: tuple[ScoreBand, ...]
    worst_labels: tuple[tuple[str, int, int], ...]
    """Label, positive proposals checked and how many were wrong; most wrong first."""
    method: str

    def to_dict(self) -> dict[str, object]:
        """As it stands in metrics.json."""
        return {
            "precision": _round(self.present.precision),
            "recall": _round(self.present.recall),
            "proposed": self.present.proposed,
            "checked": self.present.checked,
            "absent": {
                "precision": _round(self.absent.precision),
                "recall": _round(self.absent.recall),
                "proposed": self.absent.proposed,
                "checked": self.absent.checked,
            },
            "method": self.method,
        }


def audit_proposals(layout: Layout) -> ProposalAudit | None:
    """Compare proposals with hidden labels; None where nothing can be compared."""
    if not layout.proposals.exists() or not layout.hidden_labels.exists():
        return None
    train = {row.id for row in read_examples(layout.examples) if row.split == "train"}
    hidden = read_labels(layout.hidden_labels).to_pandas()
    # Hold-out and test split choose and measure taggers: what is proposed there is not measured.
    hidden = hidden[hidden["example_id"].isin(train)]
    proposals = read_proposals(layout.proposals).to_pandas()
    proposals = proposals[proposals["split"] == "train"]
    if hidden.empty or proposals.empty:
        return None
    joined = proposals.merge(
        hidden[["example_id", "label", "state"]].rename(columns={"state": "truth"}),
        on=["example_id", "label"],
        how="left",
    )
    joined["right"] = joined["state"] == joined["truth"]
    positive = joined[(joined["state"] == PRESENT) & joined["truth"].notna()]
    return ProposalAudit(
        present=_sign(joined, hidden, PRESENT),
        absent=_sign(joined, hidden, ABSENT),
        bands=_bands(positive),
        worst_labels=_worst(positive),
        method=str(proposals["method"].iloc[0]),
    )


def _sign(joined: pd.DataFrame, hidden: pd.DataFrame, state: int) -> SignAudit:
    proposed = joined[joined["state"] == state]
    return SignAudit(
        proposed=len(proposed),
        checked=int(proposed["truth"].notna().sum()),
        right=int(proposed["right"].sum()),
        hidden=int((hidden["state"] == state).sum()),
    )


def _bands(positive: pd.DataFrame) -> tuple[ScoreBand, ...]:
    """Bands with equally many proposals each, from low scores to high ones."""
    if positive.empty:
        return ()
    ordered = positive.sort_values("score", kind="stable").reset_index(drop=True)
    parts = ordered.groupby(ordered.index * NUM_BANDS // len(ordered))
    return tuple(
        ScoreBand(
            low=float(part["score"].min()),
            high=float(part["score"].max()),
            checked=len(part),
            right=int(part["right"].sum()),
        )
        for _, part in parts
    )


def _worst(positive: pd.DataFrame) -> tuple[tuple[str, int, int], ...]:
    wrong = (~positive["right"]).groupby(positive["label"]).agg(["size", "sum"])
    wrong = wrong[wrong["sum"] > 0].sort_values("sum", ascending=False, kind="stable")
    return tuple(
        (str(label), int(row["size"]), int(row["sum"]))
        for label, row in wrong.head(NUM_WORST).iterrows()
    )


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
