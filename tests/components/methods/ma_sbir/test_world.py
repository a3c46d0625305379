from dataclasses import replace

import pytest

from components.errors import InputError
from tests.components.methods.ma_sbir.sketch_world import world


def test_a_world_without_plain_sketches_or_with_unknown_classes_is_refused():
    data = world()
    for change, message in (
        ({"sketches": {"painted": data.sketches["painted"]}}, "plain"),
        ({"sketch_classes": data.sketch_classes + 1}, "class 7"),
    ):
        with pytest.raises(InputError, match=message):
            replace(data, **change)
