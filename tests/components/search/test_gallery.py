import pytest

from components.errors import ArtefactError, InputError
from components.search.gallery import Gallery, GalleryTag, Picture, gallery_of

NAMES = ("cat", "dog", "teapot")


def picture(number, *labels):
    return Picture(
        f"p/{number}",
        f"photos/{number}.png",
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
