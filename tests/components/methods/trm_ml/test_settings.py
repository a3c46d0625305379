import pytest

from components.methods.trm_ml.settings import TRMMLSettings


@pytest.mark.parametrize(
    "wrong", [{"contrast_weight": -1.0}, {"theta": 0.1, "theta_negative": 0.2}]
)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        TRMMLSettings(**wrong)
