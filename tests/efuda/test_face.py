"""The page of names: complete, cheap to import, and with examples that hold."""

import doctest
import subprocess
import sys

import pytest

import efuda
import efuda.bundle
from tests.serving.tiny_bundle import ColourEncoder


def test_the_names_are_those_that_it_says():
    assert set(efuda.__all__) == {
        "ArtefactError", "Client", "InputError", "PictureTagger", "Project", "load_bundle",
    }  # fmt: skip
    assert set(efuda.__all__) <= set(dir(efuda))
    assert all(f"`{name}`" in (efuda.__doc__ or "") for name in efuda.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Porject'"):
        _ = efuda.Porject


def test_to_import_it_costs_next_to_nothing():
    code = (
        "import efuda, sys;"
        "print([name for name in ('torch', 'pandas', 'httpx', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", efuda.__all__)
def test_the_examples_hold(name, world, service_url, monkeypatch):
    monkeypatch.chdir(world)
    monkeypatch.setattr(efuda.bundle, "build_encoder", lambda config, device: ColourEncoder())
    found = doctest.DocTestFinder().find(getattr(efuda, name), name, globs={"url": service_url})
    examples = [each for each in found if each.examples]
    assert examples
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    told: list[str] = []
    for each in examples:
        runner.run(each, out=told.append)
    assert runner.failures == 0, "".join(told)
