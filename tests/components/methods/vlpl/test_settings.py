import pytest

from components.methods.vlpl.settings import VLPLSettings


@pytest.mark.parametrize("wrong", [{"alpha": -1.0}, {"smoothing": 0.5}, {"beta": -0.1}])
def test_vlpl_refuses_values_out_of_range(wrong):
    with pytest.raises(ValueError, match="must be"):
        VLPLSettings(**wrong)
