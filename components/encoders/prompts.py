"""Label names as sentences, and those as one vector a label."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

from components.encoders.encoder import Encoder
from components.labels.vocabulary import Vocabulary

DEFAULT_TEMPLATES = ("a photo of a {name}",)


def label_vectors(
    encoder: Encoder,
    vocabulary: Vocabulary,
    templates: Sequence[str] = DEFAULT_TEMPLATES,
) -> Float32[np.ndarray, "labels embed"]:
    """One unit vector a label: the mean over templates, made unit length again.

    Radford et al. 2021, section 3.1.4: averaging in the space of vectors costs
    no more at search time than one template does.

    Args:
        encoder: Encodes the sentences.
        vocabulary: Its names take the place ``{name}`` of each template.
        templates: At least one; each with the place ``{name}``.
    """
    if not templates:
        raise ValueError("label_vectors needs at least one template")
    # Names come from users and may hold braces, which str.format would read.
    texts = [
        template.replace("{name}", name) for template in templates for name in vocabulary.names
    ]
    vectors = encoder.encode_texts(texts).numpy().reshape(len(templates), len(vocabulary), -1)
    mean = vectors.mean(axis=0)
    norms = np.linalg.norm(mean, axis=1, keepdims=True)
    return (mean / np.maximum(norms, np.finfo(np.float32).tiny)).astype(np.float32)
