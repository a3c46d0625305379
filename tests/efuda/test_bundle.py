import io
from pathlib import Path

import pytest
from PIL import Image

import efuda
import efuda.bundle
from tests.serving.conftest import app, bundle_dir, client
from tests.serving.tiny_bundle import ColourEncoder, card

__all__ = ["app", "bundle_dir", "client"]


class CountingEncoder(ColourEncoder):
    """Keeps how many pictures were encoded at once."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def encode_images(self, pixels):
        self.batches.append(len(pixels))
        return super().encode_images(pixels)


@pytest.fixture
def encoder(monkeypatch) -> CountingEncoder:
    made = CountingEncoder()
    monkeypatch.setattr(efuda.bundle, "build_encoder", lambda config, device: made)
    return made


@pytest.fixture
def tagger(bundle_dir, encoder) -> efuda.PictureTagger:
    return efuda.load_bundle(bundle_dir)


@pytest.fixture
def blue(tmp_path) -> Path:
    path = tmp_path / "blue.png"
    card("blue").save(path)
    return path


def test_it_answers_as_the_service_does(tagger, client, blue):
    asked = client.post(
        "/v1/tag", params={"top_k": 3, "evidence": True}, files={"image": blue.read_bytes()}
    ).json()
    given = tagger.tag(blue, top_k=3, evidence=True)
    assert [tag.model_dump(mode="json") for tag in given] == asked["tags"]
    assert tagger.version == asked["model"]


def test_a_path_its_bytes_and_an_open_picture_are_the_same(tagger, blue):
    by_path = tagger.tag(blue)
    assert by_path == tagger.tag(str(blue)) == tagger.tag(blue.read_bytes())
    with Image.open(blue) as opened:
        assert tagger.tag(opened) == by_path


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "YCbCr", "I;16", "1"])
def test_open_pictures_of_every_mode_are_taken(tagger, mode):
    picture = card("red") if mode == "I;16" else card("red").convert(mode)
    if mode == "I;16":
        picture = Image.new("I;16", (64, 48), 40_000)
    assert len(tagger.tag(picture)) == 4


def test_a_picture_that_lies_on_its_side_is_turned_as_its_file_would_be(tagger):
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.linear_gradient("L").resize((64, 32)).convert("RGB").save(file, "PNG", exif=exif)
    by_bytes = tagger.tag(file.getvalue(), evidence=True)
    assert tagger.tag(Image.open(file), evidence=True) == by_bytes


def test_many_are_encoded_a_batch_at_a_time_in_order(tagger, encoder):
    colours = ["red", "blue", "green"] * 3
    given = tagger.tag_all((card(colour) for colour in colours), top_k=1, batch_size=4)
    assert [tags[0].label for tags in given] == colours
    assert encoder.batches == [4, 4, 1]


def test_a_picture_that_cannot_be_used_is_named(tagger, blue, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    answers = tagger.tag_all([blue, broken], top_k=1)
    assert next(answers)[0].label == "blue"
    with pytest.raises(efuda.InputError, match=r"Picture 1 \(.*broken.png\) cannot be used: .*"):
        next(answers)
    with pytest.raises(efuda.InputError, match=r"Picture 0 \(nowhere.png\).*no such file"):
        tagger.tag("nowhere.png")
    with pytest.raises(efuda.InputError, match="Picture 0 cannot be used"):
        tagger.tag(b"no picture")


def test_another_encoder_than_the_bundles_is_refused(bundle_dir, encoder):
    encoder.id = "colour-000000000000"
    with pytest.raises(efuda.InputError, match="colour-000000000000"):
        efuda.load_bundle(bundle_dir)


def test_a_folder_without_a_bundle_is_an_artefact_error(tmp_path):
    with pytest.raises(efuda.ArtefactError, match=r"bundle\.json"):
        efuda.load_bundle(tmp_path)
