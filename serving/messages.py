"""Bodies of requests and responses."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_K = 1000
MAX_TEXT = 2000
MAX_FILTERS = 20

FILE_SCHEMA: dict[str, Any] = {"type": "string", "format": "binary"}
"""How OpenAPI describes a file in a body."""

Fraction = Annotated[float, Field(ge=0, le=1)]
Filters = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=MAX_FILTERS)
]


class Message(BaseModel):
    """Base of every body: nothing unknown is let through."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SearchQuery(Message):
    """What to find, besides the picture itself."""

    text: Annotated[str, Field(max_length=MAX_TEXT)] | None = Field(
        None, description="Words to search by."
    )
    k: Annotated[int, Field(ge=1, le=MAX_K)] = Field(24, description="How many pictures.")
    tags: Filters = Field([], description="Tags that every result must carry.")
    without: Filters = Field([], description="Tags that no result may carry.")


class TagQuery(Message):
    """How much to tell about a picture."""

    top_k: Annotated[int, Field(ge=1, le=MAX_K)] = Field(
        10, description="How many tags at least, besides those that are present."
    )
    all: bool = Field(False, description="Every tag of the vocabulary.")
    evidence: bool = Field(False, description="Where in the picture each tag is seen.")


class Box(Message):
    """A rectangle, as fractions of the picture's width and height."""

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction


class Evidence(Message):
    """Where a tag is seen: 1 at the strongest region, 0 at the weakest, row by row.

    The heat map covers ``area``; what lies outside, the encoder does not see.
    """

    rows: int
    columns: int
    heat: list[list[Fraction]]
    area: Box
    box: Box


class Tag(Message):
    """One tag of a picture.

    It is present where its probability reaches its threshold, or where a tag that implies it does.
    ``display`` is what people are shown: the label, unless the vocabulary names it otherwise.
    """

    label: str
    display: str
    probability: Fraction
    threshold: float
    present: bool
    evidence: Evidence | None = None


class TagResponse(Message):
    """The tags of a picture, most probable first.

    Where ``calibrated`` is false, no label stands behind the numbers: they are scores, and 0.8
    does not mean that four of five such tags are right.
    """

    model: str
    calibrated: bool
    tags: list[Tag]


class PictureTag(Message):
    """A tag that a picture of the gallery carries, and who says so."""

    label: str
    display: str
    probability: Fraction
    provenance: str


class ListedPicture(Message):
    """One picture of the gallery.

    ``path`` is that of its file, from the project's root. ``image_url`` gives a preview;
    ``original_url`` the file itself, where `serve.originals` allows it.
    """

    id: str
    path: str
    width: int
    height: int
    tags: list[PictureTag]
    image_url: str
    original_url: str | None


class Result(ListedPicture):
    """One picture found. ``score`` is a cosine; ``relevance`` compares across queries."""

    score: float
    relevance: Fraction | None


class SearchResponse(Message):
    """Pictures found, best first.

    ``close`` says whether the best of them is as near as nearly all searches find one: with
    false, nothing like the query is there. It is null where that was not measured.
    """

    model: str
    kind: Literal["text", "image", "sketch"]
    close: bool | None
    results: list[Result]


class ListQuery(Message):
    """Which pictures of the gallery to list."""

    start: Annotated[int, Field(ge=0, le=2**53)] = Field(0, description="How many to pass over.")
    k: Annotated[int, Field(ge=1, le=MAX_K)] = Field(24, description="How many pictures.")
    tags: Filters = Field([], description="Tags that every picture must carry.")
    without: Filters = Field([], description="Tags that no picture may carry.")


class ListResponse(Message):
    """Pictures in the gallery's own order; ``total`` counts all that pass the filters."""

    model: str
    total: int
    pictures: list[ListedPicture]


class ModelCard(Message):
    """What is being served."""

    name: str
    version: str
    encoder_id: str
    encoder: str
    text_language: Literal["English", "many"]
    """What its text encoder was taught; words of another language find little."""
    recipe: str
    tag_encoder_id: str
    """That of the index, unless the tagger was trained together with its encoder."""
    mode: Literal["cached", "end-to-end"]
    """Whether the tagger was trained on frozen vectors, or together with its encoder."""
    calibrated: bool
    """Whether the numbers beside tags are probabilities; without labels they are mere scores."""
    num_labels: int
    labels: list[str]
    display: dict[str, str]
    """Labels that people are shown by another name, and that name."""
    num_pictures: int
    search: str
    recall: dict[str, float | None]
    sketch_source: str
    extra: dict[str, object]


class Health(Message):
    """Whether the service is alive, or ready."""

    status: Literal["ok", "ready"]


class ErrorDetail(Message):
    """What was wrong, and what to do about it."""

    code: str
    message: str
    hint: str


class ErrorResponse(Message):
    """The shape of every error."""

    error: ErrorDetail
