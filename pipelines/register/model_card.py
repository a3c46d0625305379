"""The model card: what a registered bundle is, in words for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from project.report.table import render_table
from project.settings import Settings
from project.test_split_uses import uses_sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class CardFacts:
    """What the card says that the settings do not."""

    bundle_version: str
    encoder_id: str
    mode: str
    """``cached`` or ``end-to-end``."""
    recipe: str
    seed: int
    calibrated: bool
    """Whether labels stand behind its probabilities."""
    chosen: str
    """How it came to be chosen."""
    num_labels: int
    num_examples: Mapping[str, int]
    mask_hash: str | None
    metrics: Mapping[str, Any]
    """The content of reports/metrics.json."""
    split_decided: int = 0
    """How often the test split had decided on a version when this one was registered."""


def _mode_lines(facts: CardFacts) -> list[str]:
    if facts.mode == "cached":
        return [
            f"Its id is `{facts.encoder_id}`; vectors of any other encoder are refused.",
            "It was frozen: the head was trained on cached vectors.",
        ]
    return [
        "For tags its image tower was trained end-to-end with the head and lies beside it; that",
        f"encoder's id is `{facts.encoder_id}`. Searches use the encoder as it was before.",
    ]


def _data_lines(settings: Settings, facts: CardFacts) -> list[str]:
    counts = ", ".join(f"{count} {split}" for split, count in facts.num_examples.items())
    lines = [
        f"Source: {settings.source.kind}; {facts.num_labels} labels; photographs: {counts}.",
    ]
    if settings.hide is not None:
        lines.append(
            f"Labels were hidden on purpose ({settings.hide.protocol}, seed {settings.hide.seed}, "
            f"mask {facts.mask_hash}): the figures say how well the method copes with that."
        )
    lines.append("The licence of the images is not known to Efuda; name it here before publishing.")
    return lines


def _calibration_lines(facts: CardFacts) -> list[str]:
    if not facts.calibrated:
        return [
            "- Nothing is calibrated, since no label was known to be present in the hold-out: numbers",
            "  beside tags are scores, not probabilities, and a tag is given where a picture stands",
            "  out among the project's own.",
        ]
    return [
        "- Probabilities are calibrated on the hold-out; labels with little support share a",
        "  threshold (calibration.json says which).",
    ]


def _limit_lines(facts: CardFacts) -> list[str]:
    lines = [
        "- It knows these labels only; anything else in a picture is passed over.",
        "- The figures hold for pictures like those of the test split. Other cameras, styles or",
        "  places need a measurement of their own.",
        *_calibration_lines(facts),
    ]
    if told := uses_sentence(facts.split_decided):
        lines.append(f"- {told}")
    names = list(facts.metrics.get("classes_without_positives", ()))
    if names:
        shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
        lines.append(f"- Never measured, for want of a positive in the test split: {shown}.")
    return lines


def _figures_intro(facts: CardFacts) -> list[str]:
    if not any(facts.metrics["test"].values()):
        return []
    return ["On the frozen test split, with 95 % bootstrap intervals over images:", ""]


def model_card(settings: Settings, facts: CardFacts) -> str:
    """The card as Markdown."""
    return "\n".join(
        [
            f"# {settings.project.name}",
            "",
            f"A multi-label picture tagger with a search index, bundle `{facts.bundle_version}`.",
            f"Recipe `{facts.recipe}`, seed {facts.seed}, {facts.chosen}.",
            "",
            "## Data",
            "",
            *_data_lines(settings, facts),
            "",
            "## Encoder",
            "",
            settings.encoder.described(),
            *_mode_lines(facts),
            "",
            "## Figures",
            "",
            *_figures_intro(facts),
            "```",
            render_table(facts.metrics),
            "```",
            "",
            "## Limits",
            "",
            *_limit_lines(facts),
            "",
            "## Licence",
            "",
            "Efuda itself is Apache-2.0. The trained head inherits the terms of its data.",
            "",
        ]
    )
