"""The Python that pages show, run as it stands there."""

import doctest
import re
from pathlib import Path

import pytest

import efuda.bundle
from tests.serving.tiny_bundle import ColourEncoder

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/guide/python.md")
BLOCK = re.compile(r"^```pycon\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_hold(page, world, service_url, monkeypatch):
    monkeypatch.chdir(world)
    monkeypatch.setattr(efuda.bundle, "build_encoder", lambda config, device: ColourEncoder())
    text = "\n".join(BLOCK.findall((ROOT / page).read_text(encoding="utf-8")))
    examples = doctest.DocTestParser().get_doctest(text, {"url": service_url}, page, page, 0)
    assert examples.examples
    runner = doctest.DocTestRunner()
    told: list[str] = []
    runner.run(examples, out=told.append)
    assert runner.failures == 0, "".join(told)
