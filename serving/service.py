"""The service without any framework: vectors in, answers out."""

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote

import numpy as np
from jaxtyping import Float, Float32

from components.bundle import Bundle
from components.encoders.prompts import label_sentences
from components.encoders.text_language import text_language
from components.errors import InputError
from components.search.gallery import Picture
from components.search.index import unit_rows
from serving.encoding import EncodedImage
from serving.evidence import evidence_of
from serving.messages import (
    Evidence,
    ListedPicture,
    ListQuery,
    ListResponse,
    ModelCard,
    PictureTag,
    Result,
    SearchResponse,
    Tag,
    TagQuery,
    TagResponse,
)
from serving.originals import Originals

QueryKind = Literal["text", "image", "sketch"]


class Service:
    """Answers for one bundle. It keeps no state, so threads may share it.

    Args:
        bundle: What to answer from.
        originals: Where the originals' files are given out, if they are.
    """

    def __init__(self, bundle: Bundle, originals: Originals | None = None) -> None:
        self.bundle = bundle
        self.originals = originals
        self._sentences = _sentences(bundle)
        self._rule = bundle.tag_rule

    def prompts(self, text: str) -> tuple[str, ...]:
        """The sentences that stand for a text: a label's, or the text as it is.

        A label is asked for by its name, a synonym, or the name that it is shown by.
        """
        return self._sentences.get(text.strip().casefold(), (text,))

    @property
    def reads_regions(self) -> bool:
        """Whether tags need the vectors of a picture's regions, asked for evidence or not."""
        return self.bundle.tagger.needs_regions

    def probabilities(self, image: EncodedImage) -> Float[np.ndarray, " labels"]:
        """How probable each label is, in the order of the vocabulary; none above its parents."""
        regions = None if image.region_vectors is None else image.region_vectors[None]
        logits = self.bundle.tagger.logits(image.global_vector[None], regions)
        return self._rule.probabilities(logits)[0]

    def tag(self, image: EncodedImage, query: TagQuery) -> TagResponse:
        """The tags of a picture, most probable first."""
        bundle = self.bundle
        probabilities = self.probabilities(image)[None]
        present = self._rule.given(probabilities)[0]
        order = np.argsort(-probabilities[0], kind="stable")
        count = len(order) if query.all else max(query.top_k, 0)
        # A tag that is present is never left out, however many there are.
        shown = [column for place, column in enumerate(order) if place < count or present[column]]
        tags = [
            Tag(
                label=bundle.vocabulary.names[column],
                display=bundle.vocabulary.display(bundle.vocabulary.names[column]),
                probability=float(probabilities[0, column]),
                threshold=float(bundle.calibration.threshold[column]),
                present=bool(present[column]),
                evidence=self.evidence(image, int(column)) if query.evidence else None,
            )
            for column in shown
        ]
        calibrated = bundle.calibration.is_calibrated
        return TagResponse(model=bundle.version, calibrated=calibrated, tags=tags)

    def evidence(self, image: EncodedImage, column: int) -> Evidence | None:
        """Where the label of a column is seen; None without region vectors."""
        if image.region_vectors is None:
            return None
        logits = self.bundle.tagger.region_scores(image.region_vectors, column)
        return evidence_of(logits, image.grid, image.seen)

    def search(
        self,
        vectors: Float32[np.ndarray, "vectors embed"],
        kind: QueryKind,
        k: int,
        *,
        tags: Sequence[str] = (),
        without: Sequence[str] = (),
    ) -> SearchResponse:
        """Pictures near the mean of ``vectors``, which stand for one query.

        Raises:
            InputError: If a tag is unknown.
        """
        bundle = self.bundle
        allowed = bundle.gallery.allowed(tags, without)
        query = unit_rows(unit_rows(vectors).mean(axis=0, keepdims=True))
        if kind == "sketch":
            finder, level = bundle.sketch_search, 0.0  # without their mean, photographs average out
        else:
            finder, level = bundle.index, float(query[0] @ bundle.modality.photo)
        hits = finder.search(query, k, encoder_id=bundle.encoder_id, allowed=allowed)
        rows, scores = hits.rows[0], hits.scores[0]
        relevance = bundle.relevance.relevance(kind, level, scores)
        results = [
            Result(
                score=round(float(scores[place]), 6),
                relevance=None if relevance is None else round(float(relevance[place]), 4),
                **self._facts(picture),
            )
            for place, picture in enumerate(bundle.gallery.pictures(rows.tolist()))
        ]
        best = float(scores[0]) if len(scores) else None
        close = None if best is None else bundle.relevance.is_close(kind, level, best)
        return SearchResponse(model=bundle.version, kind=kind, close=close, results=results)

    def listed(self, query: ListQuery) -> ListResponse:
        """Pictures of the gallery, in its own order.

        Raises:
            InputError: If a tag is unknown.
        """
        gallery = self.bundle.gallery
        allowed = gallery.allowed(query.tags, query.without)
        rows = range(len(gallery)) if allowed is None else np.flatnonzero(allowed).tolist()
        shown = gallery.pictures(list(rows[query.start : query.start + query.k]))
        pictures = [ListedPicture(**self._facts(picture)) for picture in shown]
        return ListResponse(model=self.bundle.version, total=len(rows), pictures=pictures)

    def _facts(self, picture: Picture) -> dict[str, Any]:
        name = quote(picture.id, safe="")
        return {
            "id": picture.id,
            "path": picture.path,
            "width": picture.width,
            "height": picture.height,
            "tags": [
                PictureTag(
                    label=tag.label,
                    display=self.bundle.vocabulary.display(tag.label),
                    probability=tag.probability,
                    provenance=tag.provenance,
                )
                for tag in picture.tags
            ],
            "image_url": f"/v1/images/{name}",
            "original_url": f"/v1/originals/{name}" if self.originals else None,
        }

    def image(self, picture_id: str) -> tuple[str, bytes] | None:
        """Content hash and JPEG preview of a picture, None if there is none."""
        row = self.bundle.gallery.row_of(picture_id)
        if row is None:
            return None
        content_hash = self.bundle.gallery.picture(row).content_hash
        jpeg = self.bundle.previews.jpeg(content_hash)
        return None if jpeg is None else (content_hash, jpeg)

    def card(self) -> ModelCard:
        """What is being served."""
        bundle = self.bundle
        facts: Any = bundle.index.facts
        return ModelCard(
            name=bundle.name,
            version=bundle.version,
            encoder_id=bundle.encoder_id,
            encoder=bundle.encoder_config.kind,
            text_language=text_language(bundle.encoder_config),
            recipe=bundle.tagger.recipe,
            mode=bundle.tagger.mode,
            tag_encoder_id=bundle.tagger.encoder_id,
            calibrated=bundle.calibration.is_calibrated,
            num_labels=len(bundle.vocabulary),
            labels=list(bundle.vocabulary.names),
            display=bundle.vocabulary.displays,
            num_pictures=len(bundle.gallery),
            search=bundle.index.method,
            recall={kind: entry["recall"] for kind, entry in facts.get("recall", {}).items()},
            sketch_source=bundle.modality.sketch_source,
            extra=dict(bundle.extra),
        )


def _sentences(bundle: Bundle) -> dict[str, tuple[str, ...]]:
    """The sentences of each label by every word that stands for it, in lower case."""
    vocabulary = bundle.vocabulary
    found: dict[str, tuple[str, ...]] = {}
    for name in vocabulary.names:
        sentences = label_sentences(vocabulary, name, bundle.templates)
        words = (name, vocabulary.display(name), *vocabulary.meaning(name).synonyms)
        found |= dict.fromkeys((word.casefold() for word in words), sentences)
    return found


def check_encoder(bundle: Bundle, encoder_id: str, *, for_tags: bool = False) -> None:
    """Refuse an encoder that is not the bundle's own: of its index, or of its tagger.

    Raises:
        InputError: If the ids differ.
    """
    expected = bundle.tagger.encoder_id if for_tags else bundle.encoder_id
    if encoder_id != expected:
        raise InputError(
            f"The encoder that was built is {encoder_id}, the bundle was made with "
            f"{expected}: its weights or its preprocessing changed. "
            "Run `efuda run` so that everything is made anew."
        )
