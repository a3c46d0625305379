import copy
import json

from tests.traces.demo import DEMO, differences


def test_a_record_is_told_from_another():
    recorded = json.loads(DEMO.read_text(encoding="utf-8"))
    assert differences(recorded, recorded) == []
    moved = copy.deepcopy(recorded)
    moved["test_mAP"]["efuda"][0] += 0.001
    moved["mask_hash"] = "other"
    assert len(differences(moved, recorded)) == 2
    del moved["test_mAP"]["two_readings"]
    assert len(differences(moved, recorded)) == 3
