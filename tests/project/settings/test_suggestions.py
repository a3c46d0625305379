import pytest

from components.errors import InputError
from project.settings import parse_settings

NEEDED = {
    "project": {"name": "x"},
    "source": {"kind": "folder", "images": "photos"},
    "encoder": {"kind": "conse"},
}


@pytest.mark.parametrize(
    ("sections", "place", "meant"),
    [
        ({"trian": {}}, "trian", "train"),
        ({"train": {"epoch": 1}}, "train.epoch", "epochs"),
        ({"train": {"recipes": ["vlp"]}}, "train.recipes.0", "vlpl"),
        ({"train": {"recipes": ["TRM-ML"]}}, "train.recipes.0", "trm_ml"),
        ({"train": {"methods": {"vlpll": {}}}}, "train.methods.vlpll", "vlpl"),
        ({"train": {"methods": {"vlpl": {"alfa": 1}}}}, "train.methods.vlpl.alfa", "alpha"),
        (
            {"train": {"methods": {"vlpl": {"labeler": {"name": "softmax", "teta": 1}}}}},
            "train.methods.vlpl.labeler.softmax.teta",
            "theta",
        ),
        (
            {"train": {"methods": {"gpr": {"cells": {"q_presnt": 0.2}}}}},
            "train.methods.gpr.cells.q_presnt",
            "q_present",
        ),
        ({"encoder": {"kind": "open_clip", "modle": "x"}}, "encoder.open_clip.modle", "model"),
        ({"encoder": {"kind": "open_clp"}}, "encoder", "open_clip"),
        ({"hide": {"protocl": "x"}}, "hide.protocl", "protocol"),
        ({"embed": {"views": ["orignal"]}}, "embed.views.0", "original"),
        (
            {"source": {"kind": "cocoo", "images": "photos"}},
            "source.kind",
            "coco",
        ),
        (
            {"source": {"kind": "csv", "images": "photos", "columns": {"imge": "x"}}},
            "source.columns.imge",
            "image",
        ),
    ],
)
def test_what_was_probably_meant(sections, place, meant):
    with pytest.raises(InputError) as fault:
        parse_settings({**NEEDED, **sections}, "params.yaml")
    line = next(line for line in str(fault.value).splitlines() if line.startswith(f"  {place}"))
    assert f"Did you mean {meant!r}?" in line


def test_where_nothing_is_close_a_short_section_lists_its_keys():
    with pytest.raises(InputError, match=r"serve\.xyz.*Allowed here: host, port"):
        parse_settings({**NEEDED, "serve": {"xyz": 1}}, "params.yaml")
