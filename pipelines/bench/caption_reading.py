"""What the captions of a world say, read once for all cells.

A label counts as present where a parsed caption names it; nothing is ever known
to be absent. Attributes and objects outside the labels are kept as tags.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from components.captions.class_words import ClassWords, coco_class_words
from components.captions.rule_parser import RuleParser
from components.captions.tag_matrix import tag_matrix
from components.captions.tag_vocabulary import TagLimits, TagVocabulary, build_tag_vocabulary
from components.captions.tags import CaptionTags as Parsed
from components.captions.tags import Kind
from components.data.examples import Example, Split
from components.encoders.encoder import Encoder
from components.labels.states import PRESENT
from components.labels.vocabulary import Vocabulary
from pipelines.bench.world import CaptionReading
from tuning.task import CaptionTags

Words = Callable[[Vocabulary], ClassWords]
"""Which names in captions stand for which label."""

PROMPT = "a photo of a {name}"
ATTRIBUTE_PROMPT = "a photo of something {name}"
LIMITS = TagLimits(max_tags=2_000, min_count=3)
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
    parsed = {split: _parsed(parser, photos[split]) for split in ("train", "val")}
    train = parsed["train"]
    texts = [(row, text) for row, found in enumerate(photos["train"]) for text in found.captions]
    objects = _tags(train, "object", encoder, PROMPT)
    attributes = _tags(train, "attribute", encoder, ATTRIBUTE_PROMPT)
    return CaptionReading(
        train=_states(train, class_words, vocabulary),
        val=_states(parsed["val"], class_words, vocabulary),
        tags=CaptionTags(
            caption_vectors=_encode(encoder, [text for _, text in texts]),
            caption_rows=np.array([row for row, _ in texts], np.int64),
            object_tags=objects[0],
            object_vectors=objects[1],
            attribute_tags=attributes[0],
            attribute_vectors=attributes[1],
        ),
    )


def _parsed(parser: RuleParser, rows: Sequence[Example]) -> list[list[Parsed]]:
    stream = parser.parse_all(text for row in rows for text in row.captions)
    return [[next(stream) for _ in row.captions] for row in rows]


def _states(
    parsed: Sequence[Sequence[Parsed]], words: ClassWords, vocabulary: Vocabulary
) -> np.ndarray:
    states = np.zeros((len(parsed), len(vocabulary)), np.int8)
    for row, captions in enumerate(parsed):
        for tags in captions:
            for label in words.labels_of(tags):
                states[row, vocabulary.index(label)] = PRESENT
    return states


def _tags(
    parsed: Sequence[Sequence[Parsed]], kind: Kind, encoder: Encoder, prompt: str
) -> tuple[np.ndarray, np.ndarray]:
    """Which image has which tag, and the tags' text vectors; no column where none is frequent."""
    flat = [tags for captions in parsed for tags in captions]
    if not any(tags.mentions(kind) for tags in flat):
        return np.zeros((len(parsed), 0), np.int8), np.zeros((0, encoder.embed_dim), np.float32)
    vocabulary: TagVocabulary = build_tag_vocabulary(flat, kind, LIMITS)
    matrix = tag_matrix(parsed, vocabulary)
    texts = [prompt.format(name=name) for name in vocabulary.names]
    return matrix.dense(np.arange(len(parsed))).astype(np.int8), _encode(encoder, texts)


def _encode(encoder: Encoder, texts: Sequence[str]) -> np.ndarray:
    chunks = [texts[at : at + _TEXTS_AT_ONCE] for at in range(0, len(texts), _TEXTS_AT_ONCE)]
    return np.concatenate([encoder.encode_texts(chunk).cpu().numpy() for chunk in chunks])
