import copy
import json

from tests.traces.demo import DEMO, differences

RECORDS = json.loads(DEMO.read_text(encoding="utf-8"))


def test_a_record_is_told_from_another():
    now = RECORDS["now"]
    assert differences(now, now) == []
    told = differences(now, RECORDS["846f513"])
    assert [line.split(":")[0] for line in told] == [
        "test mAP of assume_negative",
        "test mAP of ignore_unknown",
        "test mAP of vlpl",
    ]
    moved = copy.deepcopy(now)
    moved["test_mAP"]["efuda"][0] += 0.001
    moved["mask_hash"] = "other"
    assert len(differences(moved, now)) == 2


def test_what_was_not_to_change_is_the_same_to_the_byte():
    before, now = (RECORDS[name]["sha256"] for name in ("846f513", "now"))
    same = {path.split("/")[2] for path, hash_ in before.items() if now[path] == hash_}
    assert same == {"zero_shot", "efuda"}
