import pytest

from components.methods.efuda.settings import EfudaSettings


@pytest.mark.parametrize("wrong", [{"unknown_weight": 1.1}, {"averaging": 1.0}])
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        EfudaSettings(**wrong)
