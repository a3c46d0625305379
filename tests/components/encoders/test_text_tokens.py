"""Texts of SigLIP models, against open_clip's own reading of the same files."""

from pathlib import Path

import numpy as np
import pytest
import torch
from open_clip.tokenizer import HFTokenizer

from components.encoders.catalog import build_encoder
from components.encoders.config import OpenClipConfig
from components.encoders.open_clip import OpenClipEncoder
from components.encoders.text_tokens import CanonicalTokenizer
from components.errors import InputError
from tests.components.encoders.tiny_siglip import write_siglip, write_tokenizer

GOLDEN = Path(__file__).with_name("golden_siglip_texts.npy")
TEXTS = ["a photo of a cat", "Two  DOGS!", "red_dog, x", "", "絵札 cat", "a " * 100]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    return write_siglip(tmp_path_factory.mktemp("siglip"))


def test_tokens_are_those_that_open_clip_reads(checkpoint):
    ours = CanonicalTokenizer(checkpoint, 64)(TEXTS)
    theirs = HFTokenizer(str(checkpoint), context_length=64, clean="canonicalize")(TEXTS)
    assert ours.shape == (len(TEXTS), 64)
    torch.testing.assert_close(ours, theirs)
    assert CanonicalTokenizer(checkpoint, 64)(TEXTS, 8).shape == (len(TEXTS), 8)


def test_texts_are_lowered_and_padded_to_the_whole_context(checkpoint):
    encoder = build_encoder(OpenClipConfig(model=f"local-dir:{checkpoint}"))
    assert isinstance(encoder, OpenClipEncoder)
    tokens = encoder._tokenize(["A Photo of a CAT."])
    assert tokens.shape == (1, 64)
    assert tokens[0, :7].tolist() == [3, 4, 5, 3, 6, 1, 0]
    vectors = encoder.encode_texts(["A Photo of a CAT.", "a photo of a cat"])
    assert torch.equal(vectors[0], vectors[1])
    # The last place is pooled, so with less padding the vector is another one.
    short = encoder._model.encode_text(tokens[:, :7])
    assert torch.nn.functional.cosine_similarity(short, vectors[:1]).item() < 0.999


def test_golden_vectors_of_texts(checkpoint):
    """Guards cleaning, padding and pooling against change in any library."""
    encoder = build_encoder(OpenClipConfig(model=f"local-dir:{checkpoint}"))
    vectors = encoder.encode_texts(TEXTS).numpy()
    assert (vectors * np.load(GOLDEN)).sum(axis=1).min() >= 0.9999


def _open(directory: Path) -> None:
    write_tokenizer(directory, closed=False)


def _no_pad(directory: Path) -> None:
    (directory / "tokenizer_config.json").write_text('{"eos_token": "</s>"}')


def _half(directory: Path) -> None:
    (directory / "tokenizer.json").write_text('{"mod')


@pytest.mark.parametrize(
    ("damage", "said"),
    [(_open, "does not close a text"), (_no_pad, "pad_token"), (_half, "cannot be read")],
)
def test_a_tokenizer_of_another_kind_is_refused(tmp_path, damage, said):
    write_tokenizer(tmp_path)
    damage(tmp_path)
    with pytest.raises(InputError, match=said):
        CanonicalTokenizer(tmp_path, 64)
