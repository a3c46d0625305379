import numpy as np
import torch

from components.encoders.prompts import label_sentences, label_vectors
from components.labels.meaning import Meaning
from components.labels.vocabulary import Vocabulary

TEMPLATES = ("a photo of a {name}", "a drawing of a {name}")


class DrawnEncoder:
    """The vector of a text is drawn from the text itself; it knows no images."""

    id = "drawn"
    embed_dim = 8
    temperature = 1.0
    grid = (1, 1)
    num_regions = 1

    def preprocess(self, image):
        raise NotImplementedError

    def encode_images(self, pixels):
        raise NotImplementedError

    def encode_texts(self, texts):
        rows = []
        for text in texts:
            row = np.random.default_rng(list(text.encode())).standard_normal(8)
            rows.append(row / np.linalg.norm(row))
        return torch.tensor(np.array(rows), dtype=torch.float32)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def test_names_alone_are_filled_into_the_templates():
    assert label_sentences(Vocabulary(("a {x} cat",)), "a {x} cat", TEMPLATES) == (
        "a photo of a a {x} cat",
        "a drawing of a a {x} cat",
    )
    vectors = label_vectors(DrawnEncoder(), Vocabulary(("cat", "dog")), TEMPLATES)
    for row, name in enumerate(("cat", "dog")):
        own = DrawnEncoder().encode_texts([t.replace("{name}", name) for t in TEMPLATES]).numpy()
        np.testing.assert_allclose(vectors[row], unit(own.mean(axis=0)), rtol=1e-6)


def test_synonyms_prompts_and_description_are_sentences_of_their_label_alone():
    meanings = {
        "sparrow": Meaning(
            prompts=("a {name} on a fence", "a small brown bird"),
            synonyms=("house sparrow",),
            description="A bird with a short beak.",
        ),
        "crow": Meaning(synonyms=("raven",)),
    }
    vocabulary = Vocabulary(("sparrow", "crow", "car"), meanings)
    expected = {
        "sparrow": (
            "a sparrow on a fence",
            "a house sparrow on a fence",
            "a small brown bird",
            "A bird with a short beak.",
        ),
        "crow": ("a photo of a crow", "a photo of a raven"),
        "car": ("a photo of a car",),
    }
    encoder = DrawnEncoder()
    vectors = label_vectors(encoder, vocabulary, TEMPLATES[:1])
    for row, name in enumerate(vocabulary.names):
        assert label_sentences(vocabulary, name, TEMPLATES[:1]) == expected[name]
        own = encoder.encode_texts(expected[name]).numpy()
        np.testing.assert_allclose(vectors[row], unit(own.mean(axis=0)), rtol=1e-6)
    plain = label_vectors(encoder, Vocabulary(vocabulary.names), TEMPLATES[:1])
    np.testing.assert_allclose(plain[2], vectors[2], rtol=1e-6)
    assert (plain[:2] @ vectors[:2].T).diagonal().max() < 0.99
