"""Sections of params.yaml on where examples come from, what is hidden, and how they are split."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from components.data.examples import Split
from components.labels.protocols import RELEASED_SEEDS
from project.settings.section import SettingsSection, Share
from project.settings.suggestions import did_you_mean
from project.source_kinds import SourceKind

ColumnRole = Literal["image", "id", "split", "caption", "labels", "label", "state"]
StateName = Literal["present", "absent", "unknown"]


def _as_written(word: object) -> object:
    if isinstance(word, bool):
        raise ValueError("YAML reads this word as true or false; put it in quotes")  # noqa: TRY004
    return str(word) if isinstance(word, int) else word


WrittenWord = Annotated[str, BeforeValidator(_as_written)]


NAME_RULES = ("ignore_case", "ignore_extension", "ignore_folder")
PREFIX_RULES = ("drop_prefix:", "add_prefix:")


def _known_rule(rule: str) -> str:
    if rule in NAME_RULES or any(rule.startswith(p) and rule != p for p in PREFIX_RULES):
        return rule
    known = (*NAME_RULES, *(f"{prefix}TEXT" for prefix in PREFIX_RULES))
    raise ValueError(
        f"{rule!r} is no rule for names; use {', '.join(known)}.{did_you_mean(rule, known)}"
    )


NameRule = Annotated[str, AfterValidator(_known_rule)]


class SourceSettings(SettingsSection):
    """Where images and labels lie, and in which format."""

    kind: SourceKind
    """The format of the labels ([your own data](your-data.md))."""
    images: str
    """Folder of the images, from the project's directory."""
    annotations: str | None = None
    """File or folder of the labels."""
    captions: str | None = None
    """File of captions."""
    sketches: str | None = None
    """Folder of sketches, one sub-folder a label."""
    exhaustive: bool | None = None
    """Whether a label not annotated in a listed image is absent; None asks the format."""
    vocabulary: tuple[str, ...] | None = None
    """The label names to use; None takes them from the source in its order."""
    vocabulary_file: str | None = None
    """In place of vocabulary: a YAML file of the names, in which each may have sentences, other
    words, a name to show, and parents ([names with meaning](vocabulary.md))."""
    labels_from_captions: bool | None = None
    """Whether a label counts as present where a caption names it; None says yes where the
    photographs have captions and no known label. The source's own word always counts more."""
    include_unlisted: bool = True
    """Whether images in the folder that the annotations do not list are examples, all unknown."""
    names: str | None = None
    """yolo: the file that names the classes; None looks for one beside the annotations."""
    difficult: Literal["unknown", "absent", "present"] = "unknown"
    """voc: the state of a label of which all boxes are marked difficult."""
    split_files: dict[Split, str] = Field(default_factory=dict)
    """coco: one instances file a split, in place of annotations; voc: one list of images a
    split. Images that no file names are left out."""
    match: tuple[NameRule, ...] = ()
    """How names in the annotations find files of other names, applied in order: ignore_case,
    ignore_extension, ignore_folder, drop_prefix:TEXT, add_prefix:TEXT."""
    max_missing_share: Share = 0.1
    """Share of the names in the annotations that may lack a file; above it prepare stops."""
    require_positive: bool = False
    """Leaves out images of which no label is known to be present, as some published lists do."""
    order: Literal["listed", "by_id"] = "listed"
    """The order of the images, which masks of released code are drawn in."""
    columns: dict[ColumnRole, str | tuple[str, ...]] = Field(default_factory=dict)
    """csv, parquet: which column plays which role, where its name does not tell. labels is the
    one column that holds names of labels, or a list of the columns that are labels."""
    separator: Annotated[str, Field(min_length=1)] | None = "|"
    """csv, parquet: what separates several labels or captions within one field; None takes each
    field as one. Captions are never separated at commas."""
    merge_spellings: bool | None = None
    """Whether labels that differ only in case, spaces, _ and - are one; None stops and asks."""
    encoding: Literal["canonical", "zero-absent"] | dict[WrittenWord, StateName] = "canonical"
    """csv, parquet, jsonl: what the written states mean. canonical: 1 present, -1 absent,
    0 or empty unknown; zero-absent: 1 present, 0 absent, -1 or empty unknown."""

    @field_validator("columns")
    @classmethod
    def _only_labels_are_several(
        cls, columns: dict[ColumnRole, str | tuple[str, ...]]
    ) -> dict[ColumnRole, str | tuple[str, ...]]:
        for role, named in columns.items():
            if role != "labels" and not isinstance(named, str):
                raise ValueError(
                    f"{role} is one column, got {len(named)}; only labels may be a list"
                )
            if not named:
                raise ValueError(f"{role} names no column; take the key out, or name one")
        return columns

    @model_validator(mode="after")
    def _names_stand_in_one_place(self) -> Self:
        if self.vocabulary is not None and self.vocabulary_file is not None:
            raise ValueError("vocabulary and vocabulary_file exclude each other; set one to null")
        return self

    @property
    def label_columns(self) -> tuple[str, ...] | None:
        """The columns that are labels, where they are listed."""
        listed = self.columns.get("labels")
        return listed if isinstance(listed, tuple) else None


class HideSettings(SettingsSection):
    """Hides known cells on purpose, to measure how well they are recovered."""

    protocol: Annotated[
        str,
        Field(
            pattern=r"^(single-positive(@cole)?|partial:0?\.\d+(@hcp)?|few:0?\.\d+(@cap)?)$",
        ),
    ]
    """single-positive keeps one present label an image; partial:SHARE that share of the cells;
    few:SHARE all labels of that share of the images; @… draws as released code does."""
    seed: int = 1200
    """Of the draw; the same seed hides the same cells."""
    splits: tuple[Split, ...] = ("train",)
    """Where cells are hidden."""

    @model_validator(mode="before")
    @classmethod
    def _seed_of_the_released_code(cls, values: Any) -> Any:
        if isinstance(values, dict) and "seed" not in values:
            code = str(values.get("protocol")).partition("@")[2]
            if code in RELEASED_SEEDS:
                return {**values, "seed": RELEASED_SEEDS[code]}
        return values


class SplitSettings(SettingsSection):
    """Shares of the examples that the source does not assign to a split."""

    val: Share = 0.15
    """Share of the hold-out, on which settings and thresholds are chosen."""
    test: Share = 0.2
    """Share of the test split, which is measured once."""
    salt: str = "efuda"
    """Part of the hash that splits images; another one draws another split."""
    rule: Literal["content", "cole", "labelled"] = "content"
    """How a hold-out is taken from the source's training list. content: by hash of the bytes;
    cole: by the permutation of the code released with the single-positive protocol; labelled:
    with few:SHARE@cap, the last of the labelled images drawn, so that the hold-out costs no
    label more."""
    seed: int = 1200
    """cole: of the permutation."""

    @model_validator(mode="after")
    def _leaves_something_to_train_on(self) -> Self:
        if self.val + self.test >= 1:
            raise ValueError(f"val + test must stay below 1, got {self.val + self.test:g}")
        return self
