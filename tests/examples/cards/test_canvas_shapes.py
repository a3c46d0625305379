import ast
import re
from pathlib import Path

import numpy as np

import examples.cards
from examples.cards.canvas_shapes import CANVAS_PX, FILLED, SENT_PEN, SHAPES, as_sent
from examples.cards.concepts import concepts

FOLDER = Path(examples.cards.__file__).parent
PAGE = FOLDER.parents[1] / "serving" / "page_files"


def test_twenty_shapes_of_things_that_the_demo_shows() -> None:
    assert len(SHAPES) == 20
    assert set(SHAPES) <= set(concepts())


def _imported(name: str) -> set[str]:
    """Modules of the folder that a module reads, itself or by way of others."""
    found, waiting = set[str](), [name]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        tree = ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if isinstance(node, ast.ImportFrom) and node.module == "examples.cards":
                names = [f"examples.cards.{alias.name}" for alias in node.names]
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            waiting += [n.split(".")[2] for n in names if re.match(r"examples\.cards\.\w", n)]
    return found


def test_training_reads_none_of_the_shapes() -> None:
    read = _imported("train_encoder")
    assert {"pretraining", "hand_drawing", "pool"} <= read
    assert "canvas_shapes" not in read


def test_a_shape_is_drawn_as_the_page_sends_it() -> None:
    script = (PAGE / "sketch.js").read_text(encoding="utf-8")
    assert f"const FILLED = {FILLED};" in script
    assert f"const SENT_PEN = {SENT_PEN};" in script
    assert f'width="{CANVAS_PX}"' in (PAGE / "index.html").read_text(encoding="utf-8")
    for strokes in SHAPES.values():
        grey = np.asarray(as_sent(strokes()).convert("L"))
        assert grey.shape == (CANVAS_PX, CANVAS_PX)
        rows, columns = np.nonzero(grey < 128)
        pen = SENT_PEN * CANVAS_PX
        longest = max(np.ptp(rows), np.ptp(columns))
        assert abs(longest - (FILLED * CANVAS_PX + pen)) <= 3
        assert abs(rows.min() + rows.max() - CANVAS_PX) <= 3
        assert abs(columns.min() + columns.max() - CANVAS_PX) <= 3
