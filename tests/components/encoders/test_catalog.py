from pathlib import Path

import pytest

from components.encoders.catalog import probe
from components.encoders.config import ConseConfig, OpenClipConfig
from components.findings import Status
from tests.components.encoders.tiny_checkpoint import write_checkpoint


def test_probe_finds_the_packages():
    assert [finding.status for finding in probe(ConseConfig())] == [Status.OK] * 3


def local(directory: Path) -> OpenClipConfig:
    return OpenClipConfig(model=f"local-dir:{directory}")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


def test_probe_of_a_good_checkpoint(checkpoint):
    findings = probe(local(checkpoint))
    assert all(finding.status is Status.OK for finding in findings)
    assert "its own merges" in [finding.detail for finding in findings]
