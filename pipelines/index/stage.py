"""Stage index: image vectors → a search index with previews, tags and its recall."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from PIL import Image
from rich.console import Console
from rich.progress import track

from components.atomic import atomic_directory
from components.data.examples import Example, read_examples
from components.data.images import ImageFault, decode_image
from components.errors import InputError
from components.features.label_vectors import LabelVectors
from components.features.store import FeatureStore
from components.search.index import SearchIndex, unit_rows
from components.search.modality_means import ModalityMeans, SketchSearch
from components.search.previews import FILE_NAME, PreviewCounts, write_previews
from components.search.recall import BuiltIndex, Recall, build_index
from components.search.relevance import BestLeads, best_leads
from pipelines.index.background_queries import (
    NUM_IMAGES,
    SketchVectors,
    caption_vectors,
    modality_means,
    sampled,
    sketch_vectors,
)
from pipelines.index.gallery_tags import tagged_gallery
from project.encoder import project_encoder
from project.layout import Layout
from project.settings import Settings
from project.stage_command import Report


def run(settings: Settings, layout: Layout) -> Report:
    """Build the search index over the photographs, and measure its recall."""
    labels = LabelVectors.load(layout.label_vectors)
    store = FeatureStore(layout.features, labels.encoder_id)
    photos, sketches = _embedded(layout, store)
    vectors = unit_rows(store.load_global("original", [photo.content_hash for photo in photos]))
    encoder = project_encoder(settings, layout, labels.encoder_id)
    drawn = sketch_vectors(encoder, store, sketches, photos, layout.root)
    means = modality_means(vectors, drawn)
    queries = {
        "image": _image_queries(store, photos),
        "text": np.concatenate([unit_rows(labels.vectors), caption_vectors(encoder, photos)]),
    }
    built = build_index(
        labels.encoder_id,
        vectors.astype(np.float16),
        queries,
        exact_below=settings.index.exact_below,
        min_recall=settings.index.min_recall,
    )
    # Sketches are always compared with all rows.
    recalls = [*built.recalls, Recall("sketch", "exact", len(drawn.vectors), 1.0)]
    gallery, recipe = tagged_gallery(layout, photos)
    leads = _leads(built.index, means, queries, drawn)
    facts: dict[str, object] = {
        "choice": built.choice,
        "recall": {entry.kind: asdict(entry) for entry in recalls},
        "relevance_leads": {kind: lead.typical for kind, lead in leads.items()},
        "relevance_low_leads": {kind: lead.low for kind, lead in leads.items()},
        "sketch_source": means.sketch_source,
        "tags_of_recipe": recipe,
        "preview_px": settings.index.preview_px,
    }
    with atomic_directory(layout.index) as directory:
        counts = _previews(settings, layout, photos, directory)
        gallery.save(directory)
        means.save(directory)
        SearchIndex(labels.encoder_id, built.index.vectors, built.index.graph, facts).save(
            directory
        )
    return _report(built, recalls, counts, facts, len(photos))


def _embedded(layout: Layout, store: FeatureStore) -> tuple[list[Example], list[Example]]:
    """Photographs and sketches that have vectors; the rest is in embed's quarantine."""
    held = store.hashes("original")
    examples = [row for row in read_examples(layout.examples) if row.content_hash in held]
    photos = [row for row in examples if row.modality == "photo"]
    if not photos:
        raise InputError("No photograph has vectors, so there is nothing to find; run embed first.")
    return photos, [row for row in examples if row.modality == "sketch"]


def _image_queries(
    store: FeatureStore, photos: Sequence[Example]
) -> Float32[np.ndarray, "queries embed"]:
    """Mirrored pictures where they were embedded: near the gallery, but not in it."""
    hashes = [photo.content_hash for photo in sampled(photos, NUM_IMAGES)]
    view = "flip" if store.hashes("flip").issuperset(hashes) else "original"
    return unit_rows(store.load_global(view, hashes))


def _leads(
    index: SearchIndex,
    means: ModalityMeans,
    queries: Mapping[str, Float32[np.ndarray, "queries embed"]],
    drawn: SketchVectors,
) -> dict[str, BestLeads]:
    """How far best answers lie above their query's level, by kind of query."""
    leads: dict[str, BestLeads | None] = {}
    for kind, vectors in queries.items():
        best = index.search_exactly(vectors, 2).scores
        leads[kind] = best_leads(best, vectors @ means.photo, are_members=kind == "image")
    if len(drawn.vectors):
        finder = SketchSearch(index, means)
        best = finder.search(drawn.vectors, 2, encoder_id=index.encoder_id).scores
        of_gallery = drawn.source == "line_drawings"
        leads["sketch"] = best_leads(best, np.zeros(len(best)), are_members=of_gallery)
    return {kind: lead for kind, lead in leads.items() if lead is not None}


def _previews(
    settings: Settings, layout: Layout, photos: Sequence[Example], directory: Path
) -> PreviewCounts:
    paths = {photo.content_hash: layout.root / photo.path for photo in photos}

    def open_image(content_hash: str) -> Image.Image:
        try:
            return decode_image(paths[content_hash])
        except ImageFault as fault:
            raise InputError(
                f"{paths[content_hash]} has changed since it was embedded: {fault.detail}; "
                "run `efuda run` from prepare on."
            ) from None

    hashes = track(list(paths), "previews", console=Console(stderr=True), transient=True)
    return write_previews(
        directory / FILE_NAME,
        hashes,
        open_image,
        long_side_px=settings.index.preview_px,
        previous=layout.index / FILE_NAME,
    )


def _report(
    built: BuiltIndex,
    recalls: Sequence[Recall],
    counts: PreviewCounts,
    facts: Mapping[str, object],
    num_photos: int,
) -> dict[str, object]:
    summary = [
        f"{num_photos} pictures, {built.choice}; {counts.made} previews made, {counts.reused} reused",
        f"recall@{recalls[0].k}: " + ", ".join(_recall_words(entry) for entry in recalls),
    ]
    return {
        "summary": summary,
        "num_pictures": num_photos,
        "method": built.index.method,
        "previews": asdict(counts),
        **facts,
    }


def _recall_words(entry: Recall) -> str:
    if entry.recall is None:
        return f"{entry.kind} queries: none to measure with"
    how = " (exact)" if entry.method == "exact" else f" over {entry.num_queries} queries"
    return f"{entry.kind} queries {entry.recall:.3f}{how}"
