"""What embed does where a recipe learns from captions: reads them, and encodes what they say."""

import itertools
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from blake3 import blake3
from rich.console import Console
from rich.progress import track

from components.captions.captioned_images import CaptionedImages, TagList
from components.captions.kept_captions import KeptCaptions
from components.captions.reading import (
    ATTRIBUTE_PROMPT,
    LIMITS,
    Legibility,
    Parses,
    frequent_tags,
    legibility,
    parse_captions,
)
from components.captions.tag_matrix import TagMatrix
from components.captions.tags import CaptionParser
from components.data.examples import Example
from components.encoders.encoder import Encoder
from components.encoders.prompts import label_sentences
from components.errors import ArtefactError, InputError
from components.features.store import FeatureStore
from components.features.text_store import TextStore
from components.labels.vocabulary import Vocabulary
from project.layout import Layout
from project.settings import Settings
from project.stage_command import Report

_VERSION = "1"


def check_captions(settings: Settings, examples: Sequence[Example], encoder: Encoder) -> None:
    """Refuse what a caption recipe could not learn from, before any image is embedded.

    Raises:
        InputError: If no training photograph has a caption, or there are no regions.
    """
    ways_out = (
        "take tagalign out of train.recipes, and the other recipes learn as they would without it."
    )
    if not any(row.captions for row in _training(examples)):
        raise InputError(
            "tagalign learns from captions, and no training photograph has one. Bring captions "
            f"(source.captions, or a column or key of captions in source.annotations), or {ways_out}"
        )
    if not encoder.num_regions:
        raise InputError(
            f"tagalign reads region vectors, and the encoder {encoder.id} has none; choose another "
            f"encoder, or {ways_out}"
        )
    if not settings.embed.regions:
        raise InputError(
            "tagalign reads region vectors; set embed.regions to true and embed again, or "
            f"{ways_out}"
        )


def keep_captions(
    settings: Settings,
    layout: Layout,
    examples: Sequence[Example],
    vocabulary: Vocabulary,
    encoder: Encoder,
) -> Report:
    """Read and encode the captions of the training photographs that have vectors.

    Nothing is done where the kept ones are of these captions; else only texts that were
    never encoded are.

    Raises:
        InputError: If no caption can be read.
    """
    from components.captions.class_words import label_words
    from components.captions.rule_parser import RuleParser

    store = FeatureStore(layout.features, encoder.id)
    embedded = store.hashes("original")
    rows = [row for row in _training(examples) if row.content_hash in embedded]
    words = label_words(vocabulary)
    parser = RuleParser(words.phrases)
    made_of = _made_of(rows, parser, encoder, settings, vocabulary)
    if _is_kept(layout, made_of):
        return {"status": "kept"}
    texts = [row.captions for row in rows]
    parses = parse_captions(parser, texts, lambda each: _told(each, "captions"))
    found = legibility(parses)
    found.require_some()

    def sentences(name: str) -> tuple[str, ...]:
        """Of an object: those of the label, where it is a word for one that has its own."""
        label = words.label_of(name)
        if label is None or label not in vocabulary.meanings:
            return tuple(t.replace("{name}", name) for t in settings.prompts.templates)
        return label_sentences(vocabulary, label, settings.prompts.templates)

    images, num_new = _encoded(rows, parses, TextStore(store), encoder, sentences)
    KeptCaptions(
        encoder_id=encoder.id,
        grid=encoder.grid,
        made_of=made_of,
        example_ids=tuple(row.id for row in rows),
        images=images,
    ).save(layout.captions)
    return _report(rows, images, found, num_new)


def _training(examples: Iterable[Example]) -> list[Example]:
    return [row for row in examples if row.split == "train" and row.modality == "photo"]


def _made_of(
    rows: Sequence[Example],
    parser: CaptionParser,
    encoder: Encoder,
    settings: Settings,
    vocabulary: Vocabulary,
) -> str:
    parts = (_VERSION, encoder.id, parser.version, LIMITS, settings.prompts.templates)
    digest = blake3(repr(parts).encode())
    for label, meaning in vocabulary.meanings.items():
        digest.update(
            repr((label, meaning.prompts, meaning.synonyms, meaning.description)).encode()
        )
    for row in rows:
        digest.update(repr((row.id, row.captions)).encode())
    return digest.hexdigest()


def _is_kept(layout: Layout, made_of: str) -> bool:
    try:
        return KeptCaptions.load(layout.captions).made_of == made_of
    except ArtefactError:
        return False


def _encoded(
    rows: Sequence[Example],
    parses: Parses,
    texts: TextStore,
    encoder: Encoder,
    sentences: Callable[[str], tuple[str, ...]],
) -> tuple[CaptionedImages, int]:
    objects, object_matrix = frequent_tags(parses, "object")
    attributes, attribute_matrix = frequent_tags(parses, "attribute")
    captions = tuple(dict.fromkeys(text for row in rows for text in row.captions))
    object_texts = [sentences(name) for name in objects]
    attribute_texts = [(ATTRIBUTE_PROMPT.replace("{name}", name),) for name in attributes]
    wanted = [text for group in (captions, *object_texts, *attribute_texts) for text in group]
    num_new = texts.add(
        wanted,
        lambda some: encoder.encode_texts(some).float().cpu().numpy(),
        lambda shards: _told(shards, "texts"),
    )
    places = {text: place for place, text in enumerate(captions)}
    pairs = [(row, places[text]) for row, each in enumerate(rows) for text in each.captions]
    if not pairs:
        raise InputError(
            "None of the training photographs that could be embedded has a caption; see "
            "data/features/quarantine.parquet for those that could not."
        )
    of_row, of_text = np.array(pairs, np.int64).T
    matrix = TagMatrix.of_pairs(of_row, of_text, num_rows=len(rows), num_tags=len(captions))
    embed_dim = encoder.embed_dim
    return (
        CaptionedImages(
            captions=TagList(matrix, texts.load(captions)),
            objects=TagList(object_matrix, _mean(texts, object_texts, embed_dim)),
            attributes=TagList(attribute_matrix, _mean(texts, attribute_texts, embed_dim)),
        ),
        num_new,
    )


def _mean(texts: TextStore, by_name: Sequence[Sequence[str]], embed_dim: int) -> np.ndarray:
    """One unit vector a name, over its sentences, as those of the labels."""
    if not by_name:
        return np.zeros((0, embed_dim), np.float32)
    vectors = texts.load([sentence for own in by_name for sentence in own])
    starts = np.cumsum([0, *map(len, by_name)])
    mean = np.stack([vectors[start:end].mean(axis=0) for start, end in itertools.pairwise(starts)])
    return (mean / np.linalg.norm(mean, axis=1, keepdims=True)).astype(np.float32)


def _told(items: Iterable[Sequence[str]], what: str) -> Iterable[Sequence[str]]:
    return track(list(items), description=what, console=Console(stderr=True), transient=True)


def _report(
    rows: Sequence[Example], images: CaptionedImages, found: Legibility, num_new: int
) -> Report:
    return {
        "status": "read",
        "images": sum(bool(row.captions) for row in rows),
        "captions": found.num_captions,
        "unread": dict(sorted(found.unread.items())),
        "first_unread": found.first,
        "objects": images.objects.matrix.num_tags,
        "attributes": images.attributes.matrix.num_tags,
        "texts_encoded": num_new,
    }


def captions_line(report: Report) -> str:
    """The report in a line for a person."""
    if report["status"] == "kept":
        return "captions unchanged and kept"
    line = (
        f"{report['captions']:,} captions of {report['images']:,} training images: "
        f"{report['objects']:,} objects, {report['attributes']:,} attributes; "
        f"{report['texts_encoded']:,} texts encoded"
    )
    unread = report["unread"]
    if unread:
        listed = ", ".join(f"{count:,} {reason}" for reason, count in unread.items())
        line += f"; gave no tags: {listed}. The first: {report['first_unread']}"
    return line
