"""The registered model as MLflow runs it, in a process of its own kind."""

import io
import json

import pandas as pd

from components.bundle import load_bundle
from project.bundle_model import BundleModel
from tests.serving.tiny_bundle import ColourEncoder, card, tiny_bundle


def test_a_picture_gets_the_tags_above_their_thresholds(tmp_path):
    model = BundleModel()
    model.bundle, model.encoder = load_bundle(tiny_bundle(tmp_path)), ColourEncoder()
    pictures = []
    for colour in ("red", "blue"):
        buffer = io.BytesIO()
        card(colour).save(buffer, "PNG")
        pictures.append(buffer.getvalue())
    rows = [
        json.loads(text) for text in model.predict(None, pd.DataFrame({"image": pictures}))["tags"]
    ]
    assert [row[0]["label"] for row in rows] == ["red", "blue"]
    for row in rows:
        found = [tag["probability"] for tag in row]
        assert found == sorted(found, reverse=True)
        assert all(tag["probability"] >= tag["threshold"] for tag in row)
