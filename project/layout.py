"""Where every artefact of a project lies."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths below a project's root, by the stage that writes them."""

    root: Path = Path()

    @property
    def params(self) -> Path:
        return self.root / "params.yaml"

    @property
    def prepared(self) -> Path:
        return self.root / "data" / "prepared"

    @property
    def examples(self) -> Path:
        return self.prepared / "examples.parquet"

    @property
    def labels(self) -> Path:
        return self.prepared / "labels.parquet"

    @property
    def hidden_labels(self) -> Path:
        """Known cells that a protocol hid; only evaluate may read them."""
        return self.prepared / "hidden_labels.parquet"

    @property
    def vocabulary(self) -> Path:
        return self.prepared / "vocabulary.json"

    @property
    def quarantine(self) -> Path:
        return self.prepared / "quarantine.parquet"

    @property
    def prepare_report(self) -> Path:
        return self.prepared / "prepare.json"

    @property
    def reviewed(self) -> Path:
        """What people decided; git tracks it, and no stage writes there."""
        return self.root / "reviewed"

    @property
    def reviewed_labels(self) -> Path:
        """Cells decided by people, if there are any."""
        return self.reviewed / "labels.parquet"

    @property
    def validation(self) -> Path:
        return self.root / "data" / "validation"

    @property
    def validation_results(self) -> Path:
        return self.validation / "validation.json"

    @property
    def validation_page(self) -> Path:
        return self.validation / "index.html"

    @property
    def features(self) -> Path:
        return self.root / "data" / "features"

    @property
    def embed_report(self) -> Path:
        return self.features / "embed.json"

    @property
    def embed_quarantine(self) -> Path:
        return self.features / "quarantine.parquet"

    @property
    def label_vectors(self) -> Path:
        return self.features / "label_vectors.safetensors"

    @property
    def captions(self) -> Path:
        """What the training captions say; only where a recipe learns from them."""
        return self.features / "captions.safetensors"

    @property
    def tuned(self) -> Path:
        return self.root / "data" / "tuned" / "tuned.yaml"

    @property
    def proposals(self) -> Path:
        return self.root / "data" / "proposals" / "pseudo_labels.parquet"

    @property
    def proposals_report(self) -> Path:
        return self.root / "data" / "proposals" / "proposals.json"

    @property
    def taggers(self) -> Path:
        return self.root / "data" / "taggers"

    def tagger(self, recipe: str, seed: int) -> Path:
        return self.taggers / recipe / f"seed-{seed}"

    @property
    def trained_features(self) -> Path:
        """Vectors of encoders that were trained with taggers, by encoder id."""
        return self.taggers / "vectors"

    @property
    def calibrations(self) -> Path:
        return self.root / "data" / "calibration"

    def calibration(self, recipe: str, seed: int) -> Path:
        return self.calibrations / recipe / f"seed-{seed}.json"

    @property
    def selection(self) -> Path:
        return self.calibrations / "selection.json"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def metrics(self) -> Path:
        return self.reports / "metrics.json"

    @property
    def headline(self) -> Path:
        """The few figures of the chosen tagger that DVC shows and compares."""
        return self.reports / "headline.json"

    @property
    def report_page(self) -> Path:
        return self.reports / "report.html"

    @property
    def plots(self) -> Path:
        return self.reports / "plots"

    @property
    def index(self) -> Path:
        return self.root / "data" / "index"

    @property
    def bundle(self) -> Path:
        return self.root / "data" / "bundle"

    @property
    def registered(self) -> Path:
        return self.root / "data" / "registered.json"

    @property
    def scratch(self) -> Path:
        """Checkpoints and records of unfinished runs; may be deleted at any time."""
        return self.root / ".efuda"

    @property
    def written(self) -> tuple[Path, ...]:
        """The folders below which stages write."""
        return (self.root / "data", self.reports, self.scratch, self.decisions)

    @property
    def decisions(self) -> Path:
        return self.root / "decisions"

    @property
    def compared_features(self) -> Path:
        """Vectors of champions' own encoders, computed to compare them."""
        return self.scratch / "vectors"
