import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from components.errors import ArtefactError, InputError
from components.search.gallery import Gallery, GalleryTag, Picture, gallery_of
from components.search.index import SearchIndex, unit_rows
from components.search.line_drawing import line_drawing
from components.search.modality_means import ModalityMeans, SketchSearch
from components.search.previews import Previews, write_previews
from components.search.relevance import RelevanceScale, typical_lead

NAMES = ("cat", "dog", "teapot")


def picture(number, *labels):
    return Picture(
        f"p/{number}",
        f"{number:064x}",
        4,
        3,
        tuple(GalleryTag(name, 0.5, "observed") for name in labels),
    )


@pytest.fixture
def gallery():
    return gallery_of([picture(0, "cat", "dog"), picture(1), picture(2, "dog")], NAMES)


def test_filters_by_tags(gallery):
    assert gallery.allowed() is None
    assert gallery.allowed(["dog"]).tolist() == [True, False, True]
    assert gallery.allowed(["dog", "cat"]).tolist() == [True, False, False]
    assert gallery.allowed(["dog"], ["cat"]).tolist() == [False, False, True]
    assert gallery.allowed(["teapot"]).tolist() == [False] * 3


def test_unknown_tags_name_near_ones(gallery):
    with pytest.raises(InputError, match="'teapot'"):
        gallery.allowed(["Tepot"])
    with pytest.raises(InputError, match="for example 'cat'"):
        gallery.allowed([], ["zzz"])


def test_it_survives_the_disk(gallery, tmp_path):
    gallery.save(tmp_path)
    loaded = Gallery.load(tmp_path, NAMES)
    assert loaded.pictures([2, 0]) == gallery.pictures([2, 0])
    assert loaded.row_of("p/2") == 2
    assert loaded.row_of("p/9") is None
    (tmp_path / "gallery.parquet").write_bytes(b"x")
    with pytest.raises(ArtefactError):
        Gallery.load(tmp_path, NAMES)


def test_an_empty_gallery_and_one_without_tags():
    assert len(gallery_of([], NAMES)) == 0
    allowed = gallery_of([picture(0)], NAMES).allowed(["cat"])
    assert allowed is not None
    assert allowed.tolist() == [False]


def test_previews_are_made_once(tmp_path):
    opened = []

    def open_image(content_hash):
        opened.append(content_hash)
        return Image.new("RGB", (100, 50), "red")

    first, second = tmp_path / "a.zip", tmp_path / "previews.zip"
    counts = write_previews(first, ["x", "y", "x"], open_image, long_side_px=40)
    assert (counts.made, counts.reused) == (2, 0)
    counts = write_previews(second, ["y", "z"], open_image, long_side_px=40, previous=first)
    assert (counts.made, counts.reused) == (1, 1)
    assert opened == ["x", "y", "z"]
    assert {entry.compress_type for entry in zipfile.ZipFile(second).infolist()} == {0}
    previews = Previews(tmp_path, 40)
    preview = previews.jpeg("z")
    assert preview is not None
    assert Image.open(io.BytesIO(preview)).size == (40, 20)
    assert previews.jpeg("x") is None
    previews.close()
    first.write_bytes(b"PK damaged")
    assert write_previews(second, ["y"], open_image, long_side_px=40, previous=first).made == 1
    with pytest.raises(ArtefactError):
        Previews(tmp_path / "nowhere", 40)


def test_a_line_drawing_is_ink_on_white():
    scene = Image.new("RGB", (300, 200), "skyblue")
    scene.paste("darkred", (100, 60, 200, 140))
    drawing = line_drawing(scene)
    ink = np.asarray(drawing)[..., 0] == 0
    assert drawing.mode == "RGB"
    assert 0.005 < ink.mean() < 0.12
    assert np.asarray(line_drawing(Image.new("RGB", (50, 9000), "grey"))).min() == 255


def test_sketches_are_compared_without_what_they_share(tmp_path):
    rng = np.random.default_rng(0)
    kinds = rng.normal(size=(5, 12)).astype(np.float32)
    offset = 3 * rng.normal(size=(2, 12))
    photos = unit_rows(kinds.repeat(20, axis=0) + offset[0] + 0.1 * rng.normal(size=(100, 12)))
    sketches = unit_rows(kinds + offset[1])
    means = ModalityMeans(photos.mean(axis=0), sketches.mean(axis=0), "sketches")
    index = SearchIndex("e", photos.astype(np.float16))
    raw = index.search(sketches, 1, encoder_id="e").rows[:, 0] // 20
    found = SketchSearch(index, means).search(sketches, 1, encoder_id="e").rows[:, 0] // 20
    assert found.tolist() == [0, 1, 2, 3, 4]
    assert raw.tolist() != [0, 1, 2, 3, 4]
    with pytest.raises(InputError):
        SketchSearch(index, means).search(sketches, 1, encoder_id="other")
    means.save(tmp_path)
    assert ModalityMeans.load(tmp_path).sketch_source == "sketches"
    same = means.without_own(means.sketch[None])
    assert np.linalg.norm(same) == pytest.approx(1, abs=1e-5)


def test_relevance_is_between_the_level_and_a_typical_best():
    best = np.array([[0.9, 0.5], [0.8, 0.6]])
    levels = np.array([0.1, 0.2])
    assert typical_lead(best, levels, are_members=False) == pytest.approx(0.7)
    assert typical_lead(best, levels, are_members=True) == pytest.approx(0.4)
    assert typical_lead(best[:, :1], levels, are_members=True) is None
    scale = RelevanceScale({"text": 0.5})
    scores = np.array([0.9, 0.35, 0.0], np.float32)
    relevance = scale.relevance("text", 0.1, scores)
    assert relevance is not None
    assert relevance.tolist() == pytest.approx([1, 0.5, 0])
    assert scale.relevance("image", 0.1, scores) is None
