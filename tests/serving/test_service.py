from dataclasses import replace

import pytest

from components.bundle import load_bundle
from components.encoders.encoder import ImageVectors
from components.errors import InputError
from components.models.tagger import TrainedEncoder
from serving.service import check_encoder
from tests.serving.tiny_bundle import ColourEncoder


class SwappedEncoder(ColourEncoder):
    """Sees red where green is, and green where red is."""

    id = "swapped-0123456789ab"

    def encode_images(self, pixels):
        seen = super().encode_images(pixels)
        order = [1, 0, 2, 3]
        return ImageVectors(seen.global_vectors[:, order], seen.region_vectors[..., order])


@pytest.fixture(scope="module")
def bundle(bundle_dir):
    bundle = load_bundle(bundle_dir)
    trained = TrainedEncoder(tuning="lora", start_id=bundle.encoder_id)
    tagger = replace(bundle.tagger, encoder_id=SwappedEncoder.id, trained_encoder=trained)
    return replace(bundle, tagger=tagger)


def test_each_encoder_is_held_to_its_own_id(bundle):
    check_encoder(bundle, ColourEncoder.id)
    check_encoder(bundle, SwappedEncoder.id, for_tags=True)
    with pytest.raises(InputError, match=SwappedEncoder.id):
        check_encoder(bundle, ColourEncoder.id, for_tags=True)
