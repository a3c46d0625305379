"""Label names as sentences, and those as one vector a label."""

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
from jaxtyping import Float32

from components.encoders.encoder import Encoder
from components.labels.vocabulary import Vocabulary

DEFAULT_TEMPLATES = ("a photo of a {name}",)


def label_sentences(
    vocabulary: Vocabulary, name: str, templates: Sequence[str] = DEFAULT_TEMPLATES
) -> tuple[str, ...]:
    """The sentences that stand for a label, none twice.

    They are its own prompts, or else the templates, filled with its name and with each of its
    synonyms, and its description.

    Args:
        vocabulary: Says what its names mean.
        name: A label.
        templates: At least one; each with the place ``{name}``.

    Example:
        >>> label_sentences(Vocabulary(("cat",)), "cat")
        ('a photo of a cat',)
    """
    meaning = vocabulary.meaning(name)
    # Names come from users and may hold braces, which str.format would read.
    filled = [
        template.replace("{name}", word)
        for template in meaning.prompts or templates
        for word in (name, *meaning.synonyms)
    ]
    described = [meaning.description] if meaning.description else []
    return tuple(dict.fromkeys([*filled, *described]))


def label_vectors(
    encoder: Encoder,
    vocabulary: Vocabulary,
    templates: Sequence[str] = DEFAULT_TEMPLATES,
) -> Float32[np.ndarray, "labels embed"]:
    """One unit vector a label: the mean over its sentences, made unit length again.

    Radford et al. 2021, section 3.1.4: averaging in the space of vectors costs
    no more at search time than one template does.

    Args:
        encoder: Encodes the sentences.
        vocabulary: Its names take the place ``{name}`` of each template.
        templates: At least one; each with the place ``{name}``.
    """
    if not templates:
        raise ValueError("label_vectors needs at least one template")
    sentences = [label_sentences(vocabulary, name, templates) for name in vocabulary.names]
    # The first sentence of every label, then the second, ...: of one length, they share a batch.
    rounds = zip_longest(*sentences)
    texts = list(dict.fromkeys(text for each in rounds for text in each if text is not None))
    rows = {text: row for row, text in enumerate(texts)}
    vectors = encoder.encode_texts(texts).numpy()
    mean = np.stack([vectors[[rows[text] for text in own]].mean(axis=0) for own in sentences])
    norms = np.linalg.norm(mean, axis=1, keepdims=True)
    return (mean / np.maximum(norms, np.finfo(np.float32).tiny)).astype(np.float32)
