"""A project's directory as Python sees it."""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from components.atomic import read_json
from components.data.examples import read_example_table, read_quarantine_table
from components.labelers.proposal_table import read_proposals
from components.labels.tables import read_labels, table_to_matrix
from components.labels.vocabulary import Vocabulary
from project.layout import Layout
from project.settings import Settings, load_settings

if TYPE_CHECKING:
    from components.exports.catalog import FormatName
    from efuda.bundle import PictureTagger
    from project.taggers import TaggerFile


class Project:
    """A project: what it is told to do, and what its stages left behind.

    Everything is read from the files when it is asked for, so that a run in
    between shows. What no stage has written yet is an ArtefactError that names
    the stage.

    Raises:
        InputError: If the directory is no project, or its settings cannot be used.

    Example:
        >>> import efuda
        >>> project = efuda.Project("discs")
        >>> project.settings.source.kind
        'folder'
        >>> project.vocabulary[:2]
        ('red disc', 'red square')
        >>> project.examples[["id", "split"]].head(2)
                   id  split
        0  photo-0000  train
        1  photo-0001  train
        >>> project.labels.groupby("state").size().to_dict()
        {-1: 498, 1: 192}
        >>> project.label_matrix.shape
        (150, 10)
        >>> project.proposals[["example_id", "label", "score"]].head(1)
           example_id         label  score
        0  photo-0000  green square    0.9
        >>> project.quarantine.reason.tolist()
        ['truncated', 'unknown_label']
        >>> [(tagger.recipe, tagger.seed) for tagger in project.taggers][:2]
        [('zero_shot', 0), ('assume_negative', 0)]
        >>> round(project.metrics["test"]["vlpl"]["mAP"]["mean"], 1)
        0.8
    """

    def __init__(self, directory: str | PathLike[str] = ".") -> None:
        self.layout = Layout(Path(directory))
        """Where every artefact lies."""
        self.settings: Settings = load_settings(self.layout.params)
        """What params.yaml said when the project was opened."""

    def __repr__(self) -> str:
        return f"Project({str(self.layout.root)!r})"

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The label names, in the order of the columns of :attr:`label_matrix`."""
        return Vocabulary.load(self.layout.vocabulary).names

    @property
    def examples(self) -> pd.DataFrame:
        """One row an image: id, path, content_hash, split, modality, captions, width, height."""
        return read_example_table(self.layout.examples).to_pandas()

    @property
    def labels(self) -> pd.DataFrame:
        """One row a known cell: example_id, label, state (1 present, -1 absent), provenance."""
        return read_labels(self.layout.labels).to_pandas()

    @property
    def label_matrix(self) -> pd.DataFrame:
        """One row an example, one column a label: 1 present, -1 absent, 0 unknown."""
        ids = read_example_table(self.layout.examples)["id"].to_pylist()
        vocabulary = Vocabulary.load(self.layout.vocabulary)
        matrix = table_to_matrix(read_labels(self.layout.labels), ids, vocabulary)
        return pd.DataFrame(matrix.states, index=pd.Index(ids, name="id"), columns=self.vocabulary)

    @property
    def proposals(self) -> pd.DataFrame:
        """One row a proposed cell: as :attr:`labels`, with score, method and when it was made."""
        return read_proposals(self.layout.proposals).to_pandas()

    @property
    def quarantine(self) -> pd.DataFrame:
        """One row an image or a line that was set aside: path, example_id, reason, detail."""
        found = [read_quarantine_table(self.layout.quarantine)]
        if self.layout.embed_quarantine.exists():
            found.append(read_quarantine_table(self.layout.embed_quarantine))
        return pd.concat([table.to_pandas() for table in found], ignore_index=True)

    @property
    def metrics(self) -> dict[str, Any]:
        """The figures of the last evaluation; ``efuda results`` shows them as a table."""
        return read_json(self.layout.metrics)

    @property
    def taggers(self) -> "list[TaggerFile]":
        """The taggers that train left: recipe, seed and directory; baselines come first."""
        from project.taggers import found_taggers

        return found_taggers(self.layout)

    def export_labels(
        self,
        out: str | PathLike[str],
        *,
        format: "FormatName" = "csv",  # noqa: A002 - as the command calls it
        min_probability: float | None = None,
        replace: bool = False,
    ) -> dict[str, Any]:
        """Write the known labels into a new folder; the report says what was written.

        Args:
            out: The folder; it must not exist unless ``replace``.
            format: ``coco``, ``voc``, ``yolo``, ``csv``, ``parquet`` or ``jsonl``.
            min_probability: Adds cells proposed present with at least this probability.
            replace: Whether an earlier export there may be replaced.

        Raises:
            InputError: If there is nothing to export, or ``out`` is taken.
        """
        from efuda.label_export import export_labels

        done = export_labels(
            self.settings,
            self.layout,
            Path(out),
            format,
            min_probability=min_probability,
            replace=replace,
        )
        return done.report

    def open_bundle(self, *, device: str = "cpu") -> "PictureTagger":
        """The bundle that ``efuda serve`` would serve, to tag pictures in this process.

        That is the champion's, or the challenger's where nothing was promoted yet.

        Args:
            device: A torch device for the encoder.

        Raises:
            InputError: If nothing was registered, or the bundle cannot be used.

        Example:
            >>> import efuda
            >>> tagger = efuda.Project(".").open_bundle()
            >>> tagger.tag("blue.png")[0].label
            'blue'
        """
        from efuda.bundle import load_bundle
        from project.registry import open_registry
        from serving.release import released_bundle

        registry = open_registry(self.settings, self.layout)
        return load_bundle(released_bundle(registry).directory, device=device)
