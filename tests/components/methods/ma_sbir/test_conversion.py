import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import ArtefactError
from components.methods.ma_sbir.converter import SketchConverter, published_queries
from components.methods.ma_sbir.offsets import Offsets, class_balanced_mean, mean_offsets
from components.methods.ma_sbir.settling import Settling, settle, unit
from components.methods.ma_sbir.tempering import spectrum

EMBED = 6
seeds = st.integers(0, 9999)


def drawn(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def converter(seed=0, power=0.5):
    photos, sketches = drawn(seed, 30, EMBED), drawn(seed + 1, 20, EMBED) + 1
    offsets = mean_offsets(photos, np.arange(30) % 3, sketches, np.arange(20) % 3)
    spread = spectrum(offsets.parts(photos, sketches))
    return SketchConverter.of(offsets, spread.tempering(power=power, shrinkage=0.5))


@given(seed=seeds)
@settings(max_examples=20, deadline=None)
def test_published_query_of_a_photograph_is_the_photograph(seed):
    z, m = unit(drawn(seed, 4, EMBED)), drawn(seed + 1, EMBED)
    np.testing.assert_allclose(published_queries(z, m, m), z, atol=1e-12)


@given(seed=seeds, share=st.floats(0, 1))
@settings(max_examples=20, deadline=None)
def test_trained_offsets_and_shares_keep_the_middle(seed, share):
    means = Offsets(*drawn(seed, 2, EMBED))
    moved = means.trained(*drawn(seed + 1, 2, EMBED)).share(share)
    middle = (means.photo + means.sketch) / 2
    np.testing.assert_allclose((moved.photo + moved.sketch) / 2, middle)
    np.testing.assert_allclose(
        means.share(share).photo - middle, share * (means.photo - middle), atol=1e-12
    )


def test_a_common_shift_of_trained_vectors_does_not_matter():
    means, m = Offsets(*drawn(0, 2, EMBED)), drawn(1, 2, EMBED)
    one, other = means.trained(*m), means.trained(*(m + drawn(2, EMBED)))
    np.testing.assert_allclose(one.photo, other.photo)
    np.testing.assert_allclose(one.sketch, other.sketch)


def test_balanced_mean_does_not_know_names_of_classes():
    z, classes = drawn(0, 9, EMBED), np.array([0, 0, 0, 0, 0, 0, 1, 1, 2])
    expected = (z[:6].mean(0) + z[6:8].mean(0) + z[8]) / 3
    np.testing.assert_allclose(class_balanced_mean(z, classes), expected)
    np.testing.assert_allclose(class_balanced_mean(z, 7 - classes), expected)


def test_half_power_with_hardly_any_shrinkage_whitens():
    parts = drawn(0, 200, EMBED) @ drawn(1, EMBED, EMBED)
    metric = spectrum(parts).tempering(power=0.5, shrinkage=1e-12)
    moment = metric.T @ parts.T @ parts @ metric
    np.testing.assert_allclose(moment / moment[0, 0], np.eye(EMBED), atol=1e-4)


def test_power_zero_and_large_shrinkage_leave_cosines_alone():
    parts = drawn(0, 20, EMBED)
    np.testing.assert_allclose(
        spectrum(parts).tempering(power=0.0, shrinkage=1.0), np.eye(EMBED), atol=1e-12
    )
    nearly = spectrum(parts).tempering(power=0.5, shrinkage=1e9)
    np.testing.assert_allclose(nearly, np.eye(EMBED), atol=1e-6)


def test_fewer_examples_than_dimensions_give_a_finite_metric():
    metric = spectrum(drawn(0, 2, EMBED)).tempering(power=1.0, shrinkage=0.1)
    assert np.isfinite(metric).all()


def test_settings_out_of_range_are_refused():
    spread = spectrum(drawn(0, 5, EMBED))
    for power, shrinkage in ((-0.1, 1.0), (0.5, 0.0)):
        with pytest.raises(ValueError, match="shrinkage"):
            spread.tempering(power=power, shrinkage=shrinkage)
    with pytest.raises(ValueError, match="none of them"):
        spectrum(np.zeros((0, EMBED)))
    with pytest.raises(ValueError, match="Neighbours"):
        Settling(num_neighbours=0)


def slow_settle(query, gallery, settling):
    for _ in range(settling.num_steps):
        best = sorted(range(len(gallery)), key=lambda g: -(query @ gallery[g]))
        pull = sum(
            max(0.0, query @ gallery[g]) * gallery[g] for g in best[: settling.num_neighbours]
        )
        length = np.linalg.norm(pull)
        query = query + settling.strength * (pull / length if length > 0 else pull)
        query = query / np.linalg.norm(query)
    return query


@given(seed=seeds, k=st.integers(1, 9), steps=st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_settling_equals_the_slow_reference_and_queries_do_not_meet(seed, k, steps):
    queries, gallery = unit(drawn(seed, 3, EMBED)), unit(drawn(seed + 1, 7, EMBED))
    settling = Settling(num_neighbours=k, strength=2.0, num_steps=steps)
    moved = settle(queries, gallery, settling)
    for query, result in zip(queries, moved, strict=True):
        np.testing.assert_allclose(result, slow_settle(query, gallery, settling), atol=1e-9)
    np.testing.assert_allclose(settle(queries[:1], gallery, settling), moved[:1], atol=1e-12)


def test_without_a_gallery_queries_stay():
    queries = unit(drawn(0, 2, EMBED))
    assert settle(queries, np.empty((0, EMBED)), Settling(num_neighbours=3)) is queries


def test_a_row_of_zeros_stays_zero():
    assert not unit(np.zeros((1, EMBED))).any()


def test_converter_survives_its_file(tmp_path):
    made = converter()
    made.save(tmp_path / "converter.safetensors")
    again = SketchConverter.load(tmp_path / "converter.safetensors")
    z = drawn(5, 3, EMBED)
    np.testing.assert_array_equal(made.queries(z), again.queries(z))
    np.testing.assert_array_equal(made.gallery(z), again.gallery(z))


def test_missing_and_damaged_files_are_named(tmp_path):
    with pytest.raises(ArtefactError, match="train it again"):
        SketchConverter.load(tmp_path / "none.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(b"\x01")
    with pytest.raises(ArtefactError, match="cut"):
        SketchConverter.load(tmp_path / "cut.safetensors")
