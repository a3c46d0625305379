import json
from pathlib import Path

import numpy as np
import pytest

from components.calibration.calibration import Calibration
from components.calibration.holdout_fit import calibrate
from components.errors import ArtefactError

NAMES = ("cat", "dog", "rare")


def hold_out(rows: int = 1000):
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((rows, 3)) * 6
    chance = 1 / (1 + np.exp(-(logits * 0.3 - [0, 1, 6])))
    return logits, rng.random(chance.shape) < chance


def test_round_trip(tmp_path: Path):
    logits, truth = hold_out()
    fitted = calibrate(logits, truth, np.ones_like(truth), NAMES, min_positives=40)
    path = tmp_path / "seed-0.json"
    fitted.save(path)
    again = Calibration.load(path)
    assert again.names == fitted.names
    assert again.source == fitted.source
    for field in ("slope", "intercept", "threshold", "threshold_low", "f_beta", "positives"):
        np.testing.assert_array_equal(getattr(again, field), getattr(fitted, field))


@pytest.mark.parametrize(
    "damage",
    [
        lambda value: value.pop("labels"),
        lambda value: value["labels"][0].pop("slope"),
        lambda value: value["labels"][0].update(source="guess"),
        lambda value: value.update(schema_version=99),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, damage):
    logits, truth = hold_out(50)
    path = tmp_path / "seed-0.json"
    calibrate(logits, truth, np.ones_like(truth), NAMES, num_bootstrap=0).save(path)
    value = json.loads(path.read_text())
    damage(value)
    path.write_text(json.dumps(value))
    with pytest.raises(ArtefactError, match="calibration"):
        Calibration.load(path)
