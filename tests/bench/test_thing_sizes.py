import json

import numpy as np

from bench.thing_sizes import read_sizes, sizes_of
from components.data.examples import Example
from components.labels.vocabulary import Vocabulary


def test_boxes_of_a_label_add_up_and_crowds_do_not_count(tmp_path):
    path = tmp_path / "instances.json"
    boxes = [(1, [0, 0, 5, 4], 0), (1, [0, 0, 5, 8], 0), (2, [0, 0, 10, 20], 1)]
    document = {
        "images": [{"id": 7, "file_name": "a/b.jpg", "width": 10, "height": 20}],
        "categories": [{"id": 1, "name": "dog"}, {"id": 2, "name": "crowd"}],
        "annotations": [
            {"image_id": 7, "category_id": label, "bbox": box, "iscrowd": crowd}
            for label, box, crowd in boxes
        ],
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    vocabulary = Vocabulary(("crowd", "dog"))
    rows = [
        Example(id=name, path=f"images/{name}.jpg", content_hash=name, split="train")
        for name in "bc"
    ]
    found = sizes_of(rows, vocabulary, read_sizes(path))
    np.testing.assert_allclose(found, [[0, 60 / 200], [0, 0]])
