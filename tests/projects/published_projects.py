"""Projects made by `init --published`, and what prepare makes of them."""

from pathlib import Path

from components.data.examples import read_examples
from components.labels.matrix import LabelMatrix
from components.labels.tables import read_matrix
from components.labels.vocabulary import Vocabulary
from pipelines.prepare import stage as prepare
from project.layout import Layout
from project.settings import load_settings
from project.stage_command import Report
from tests.efuda.called import call


def make(project: Path, protocol: str, data: Path, *more: str) -> Layout:
    assert call("init", project, "--published", protocol, "--images", data, *more) == 0
    return Layout(project)


def prepared(layout: Layout) -> Report:
    return prepare.run(load_settings(layout.params), layout)


def known(layout: Layout) -> LabelMatrix:
    ids = [example.id for example in read_examples(layout.examples)]
    return read_matrix(layout.labels, ids, Vocabulary.load(layout.vocabulary))


def ids_of(layout: Layout, split: str) -> list[str]:
    return [example.id for example in read_examples(layout.examples) if example.split == split]
