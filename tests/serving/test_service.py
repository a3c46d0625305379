import pytest

from components.errors import InputError
from serving.service import check_encoder
from tests.serving.tiny_bundle import ColourEncoder, SwappedEncoder


def test_each_encoder_is_held_to_its_own_id(two_encoder_bundle):
    check_encoder(two_encoder_bundle, ColourEncoder.id)
    check_encoder(two_encoder_bundle, SwappedEncoder.id, for_tags=True)
    with pytest.raises(InputError, match=SwappedEncoder.id):
        check_encoder(two_encoder_bundle, ColourEncoder.id, for_tags=True)
