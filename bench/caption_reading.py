"""What the captions of a world say, read once for all cells."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bench.world import CaptionReading, TagArrays
from components.captions.class_words import ClassWords, coco_class_words
from components.captions.reading import (
    ATTRIBUTE_PROMPT,
    PROMPT,
    Parses,
    frequent_tags,
    parse_captions,
    said_states,
)
from components.captions.rule_parser import RuleParser
from components.captions.tags import Kind
from components.data.examples import Example, Split
from components.encoders.encoder import Encoder
from components.labels.vocabulary import Vocabulary

Words = Callable[[Vocabulary], ClassWords]
"""Which names in captions stand for which label."""

_TEXTS_AT_ONCE = 256


def own_names(vocabulary: Vocabulary) -> ClassWords:
    """Labels are called by their own names."""
    return ClassWords(vocabulary, {})


coco_words: Words = coco_class_words


def read_captions(
    photos: Mapping[Split, Sequence[Example]],
    vocabulary: Vocabulary,
    encoder: Encoder,
    words: Words,
) -> CaptionReading | None:
    """States and tags of the captions; None where no training image has one."""
    if not any(row.captions for row in photos["train"]):
        return None
    class_words = words(vocabulary)
    parser = RuleParser(class_words.phrases)
    train, val = (
        parse_captions(parser, [row.captions for row in photos[split]])
        for split in ("train", "val")
    )
    texts = [(row, text) for row, found in enumerate(photos["train"]) for text in found.captions]
    objects = _tags(train, "object", encoder, PROMPT)
    attributes = _tags(train, "attribute", encoder, ATTRIBUTE_PROMPT)
    return CaptionReading(
        train=said_states(train, class_words, vocabulary),
        val=said_states(val, class_words, vocabulary),
        tags=TagArrays(
            caption_vectors=_encode(encoder, [text for _, text in texts]),
            caption_rows=np.array([row for row, _ in texts], np.int64),
            object_tags=objects[0],
            object_vectors=objects[1],
            attribute_tags=attributes[0],
            attribute_vectors=attributes[1],
        ),
    )


def _tags(
    parsed: Parses, kind: Kind, encoder: Encoder, prompt: str
) -> tuple[np.ndarray, np.ndarray]:
    """Which image has which tag, and the tags' text vectors."""
    names, matrix = frequent_tags(parsed, kind)
    vectors = np.zeros((0, encoder.embed_dim), np.float32)
    if names:
        vectors = _encode(encoder, [prompt.format(name=name) for name in names])
    return matrix.dense(np.arange(len(parsed))).astype(np.int8), vectors


def _encode(encoder: Encoder, texts: Sequence[str]) -> np.ndarray:
    chunks = [texts[at : at + _TEXTS_AT_ONCE] for at in range(0, len(texts), _TEXTS_AT_ONCE)]
    return np.concatenate([encoder.encode_texts(chunk).cpu().numpy() for chunk in chunks])
