import numpy as np

from components.labelers.proposal_table import (
    proposals_to_table,
    read_proposals,
    write_proposals,
)
from components.labelers.softmax_threshold import SoftmaxThreshold
from components.labels.matrix import LabelMatrix
from components.labels.vocabulary import Vocabulary


def test_proposals_on_disk_keep_their_evidence(tmp_path):
    vocabulary = Vocabulary(("cat", "dog", "cow"))
    unknown = LabelMatrix(("b", "a"), vocabulary, np.zeros((2, 3), np.int8))
    logits = np.array([[9, 0, 0], [0, 9, 0]], np.float32)
    proposals = SoftmaxThreshold().propose(logits, unknown.states)
    table = proposals_to_table(
        proposals, unknown, method="vlpl", method_version="1", fold=np.array([2, 0])
    )
    write_proposals(tmp_path / "proposals.parquet", table)
    kept = read_proposals(tmp_path / "proposals.parquet")
    assert kept["example_id"].to_pylist() == ["a", "b"]
    assert set(kept["provenance"].to_pylist()) == {"pseudo"}
    assert min(kept["score"].to_pylist()) > 0.99
    assert kept["fold"].to_pylist() == [0, 2]
