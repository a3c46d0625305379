"""The bundle as an MLflow model: images in, tags out.

MLflow copies this file into the artefact and runs it on loading, so nothing is
pickled: the weights stay the bundle's safetensors.
"""

import json
from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext


class BundleModel(PythonModel):
    """Tags pictures with the bundle that was registered beside it."""

    def load_context(self, context: PythonModelContext) -> None:
        """Open the bundle and build its encoder."""
        from pathlib import Path

        from components.bundle import load_bundle
        from components.encoders.catalog import build_encoder

        self.bundle = load_bundle(Path(context.artifacts["bundle"]))
        self.encoder = build_encoder(self.bundle.tag_encoder_config)

    def predict(  # pyright: ignore[reportIncompatibleMethodOverride] - the base returns nothing
        self,
        context: PythonModelContext | None,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """One JSON list of ``{"label", "probability", "threshold"}`` for each row.

        Args:
            context: Unused; the bundle is opened once, on loading.
            model_input: A column ``image`` with the bytes of picture files.
            params: Unused.
        """
        rows = [self._tags(content) for content in model_input["image"]]
        return pd.DataFrame({"tags": [json.dumps(row, ensure_ascii=False) for row in rows]})

    def _tags(self, content: bytes) -> list[dict[str, object]]:
        import torch

        from components.data.images import decode_image

        pixels = self.encoder.preprocess(decode_image(content)).unsqueeze(0)
        with torch.inference_mode():
            seen = self.encoder.encode_images(pixels)
        calibration = self.bundle.calibration
        vectors, regions = seen.global_vectors.numpy(), seen.region_vectors.numpy()
        logits = self.bundle.tagger.logits(vectors, regions)
        probabilities = self.bundle.tag_rule.probabilities(logits)
        given = self.bundle.tag_rule.given(probabilities)[0]
        probabilities = probabilities[0]
        names, threshold = self.bundle.vocabulary.names, calibration.threshold
        return [
            {
                "label": names[column],
                "probability": float(probabilities[column]),
                "threshold": float(threshold[column]),
            }
            for column in np.argsort(-probabilities, kind="stable")
            if given[column]
        ]


set_model(BundleModel())
