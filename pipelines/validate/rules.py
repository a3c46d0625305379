"""The rules themselves: what is expected of which table, and what to do if not.

Each rule is one Great Expectations expectation, named by its class. Tables that
are not files of the project (``splits``, ``classes`` …) are derived in
``pipelines/validate/frames.py``.
"""

from typing import Any, get_args

from components.data.examples import SPLITS, Modality
from components.labels.states import ABSENT, PRESENT, Provenance
from pipelines.validate.rule import Rule

MIN_SIDE_PX = 16
"""A picture with a shorter side is an icon or a tracking pixel, not a photograph."""
MAX_ASPECT = 10
"""Longer strips lose their content when they are made square for the encoder."""


def all_rules(max_quarantined_share: float) -> tuple[Rule, ...]:
    """Every rule, in the order in which the page shows them."""
    return (
        *_schema_rules(),
        *_example_rules(),
        *_label_rules(),
        *_split_rules(),
        *_quarantine_rules(max_quarantined_share),
    )


def _schema_rules() -> tuple[Rule, ...]:
    return (
        Rule(
            name="column_types",
            table="columns",
            expectation="ExpectColumnPairValuesToBeEqual",
            arguments={"column_A": "type", "column_B": "expected"},
            severity="error",
            meaning="Every table has its columns, and each column its type.",
            advice="These files are not what prepare writes: run `efuda run --force prepare`.",
            shown=("table", "column", "type", "expected"),
        ),
    )


def _example_rules() -> tuple[Rule, ...]:
    def on_examples(name: str, expectation: str, **rest: Any) -> Rule:
        return Rule(name=name, table="examples", expectation=expectation, **rest)

    return (
        on_examples(
            "ids_given",
            "ExpectColumnValuesToNotBeNull",
            arguments={"column": "id"},
            severity="error",
            meaning="Every image has an id.",
            advice="Give these images an id or a file name in the source.",
            shown=("path",),
        ),
        on_examples(
            "ids_unique",
            "ExpectColumnValuesToBeUnique",
            arguments={"column": "id"},
            severity="error",
            meaning="No two images share an id.",
            advice="Rename one of the two in the source; ids join images with their labels.",
            shown=("id", "path"),
        ),
        on_examples(
            "files_exist",
            "ExpectColumnValuesToBeInSet",
            arguments={"column": "file_exists", "value_set": [True]},
            severity="error",
            meaning="Every image file is where the table says.",
            advice="Put the files back, or run prepare again so that they are set aside.",
            shown=("id", "path"),
        ),
        on_examples(
            "splits_known",
            "ExpectColumnValuesToBeInSet",
            arguments={"column": "split", "value_set": list(SPLITS)},
            severity="error",
            meaning="Every image is in train, val or test.",
            advice="Correct the split column of the source.",
            shown=("id", "split"),
        ),
        on_examples(
            "modalities_known",
            "ExpectColumnValuesToBeInSet",
            arguments={"column": "modality", "value_set": list(get_args(Modality))},
            severity="error",
            meaning="Every image is a photo or a sketch.",
            advice="Correct the modality in the source.",
            shown=("id", "modality"),
        ),
        on_examples(
            "no_duplicates_across_splits",
            "ExpectNoGroupAcrossSplits",
            arguments={"group": "content_hash", "split": "split", "shown": "id"},
            severity="error",
            meaning="No image file occurs, byte for byte, in two splits.",
            advice="A test image that was trained on flatters every figure: remove the copies, or "
            "leave the split column out of the source, which keeps equal files together.",
        ),
        on_examples(
            "no_duplicates_within_a_split",
            "ExpectCompoundColumnsToBeUnique",
            arguments={"column_list": ["content_hash", "split", "modality"]},
            severity="warning",
            meaning="No image file occurs twice, byte for byte, in one split.",
            advice="Copies count double in training and in figures; remove them if that is not "
            "meant. If their labels differ, one of them is wrong.",
            shown=("id", "split"),
        ),
        on_examples(
            "sides_long_enough",
            "ExpectColumnValuesToBeBetween",
            arguments={"column": "shorter_side_px", "min_value": MIN_SIDE_PX},
            severity="warning",
            meaning=f"Every picture is at least {MIN_SIDE_PX} pixels wide and high.",
            advice="Look at them; icons and placeholders are best removed from the source.",
            shown=("id", "width", "height"),
        ),
        on_examples(
            "shapes_plausible",
            "ExpectColumnValuesToBeBetween",
            arguments={"column": "aspect", "max_value": MAX_ASPECT},
            severity="warning",
            meaning=f"No picture is more than {MAX_ASPECT} times longer than it is wide.",
            advice="Such strips are squeezed before they are embedded; crop them if they matter.",
            shown=("id", "width", "height"),
        ),
        on_examples(
            "captions_are_text",
            "ExpectColumnValuesToBeInSet",
            arguments={"column": "captions_are_text", "value_set": [True]},
            severity="warning",
            meaning="Every caption is readable text.",
            advice="Empty captions and characters lost in a wrong encoding teach nothing: save "
            "the caption file as UTF-8.",
            shown=("id", "captions"),
        ),
    )


def _label_rules() -> tuple[Rule, ...]:
    def on_labels(name: str, expectation: str, **rest: Any) -> Rule:
        return Rule(
            name=name,
            table="labels",
            expectation=expectation,
            severity="error",
            shown=("example_id", "label", "state"),
            **rest,
        )

    return (
        on_labels(
            "states_valid",
            "ExpectColumnValuesToBeInSet",
            arguments={"column": "state", "value_set": [ABSENT, PRESENT]},
            meaning="Every known cell is present (+1) or absent (-1).",
            advice="Unknown cells have no row; correct the source's encoding of labels.",
        ),
        on_labels(
            "labels_in_vocabulary",
            "ExpectColumnValuesToBeInSet",
            arguments={"column": "in_vocabulary", "value_set": [True]},
            meaning="Every label is a word of the vocabulary.",
            advice="Correct the spelling in the source, or add the label to source.vocabulary.",
        ),
        on_labels(
            "labels_have_an_image",
            "ExpectColumnValuesToBeInSet",
            arguments={"column": "has_image", "value_set": [True]},
            meaning="Every label belongs to an image of the project.",
            advice="Run prepare again; labels of images that were removed must go too.",
        ),
        on_labels(
            "cells_unique",
            "ExpectCompoundColumnsToBeUnique",
            arguments={"column_list": ["example_id", "label"]},
            meaning="Every label is stated once an image.",
            advice="Two statements about one cell may contradict each other: keep one.",
        ),
        on_labels(
            "provenance_known",
            "ExpectColumnValuesToBeInSet",
            arguments={
                "column": "provenance",
                "value_set": [
                    str(Provenance.OBSERVED),
                    str(Provenance.REVIEWED),
                    str(Provenance.IMPLIED),
                ],
            },
            meaning="Every label was observed, reviewed by a person, or follows from such a one.",
            advice="Proposals of a method never belong in this table: run prepare again.",
        ),
    )


def _split_rules() -> tuple[Rule, ...]:
    no_positive = "ExpectColumnValuesToBeBetween"
    per_split = tuple(
        Rule(
            name=f"classes_have_positives_in_{split}",
            table=f"classes_{split}",
            expectation=no_positive,
            arguments={"column": "positives", "min_value": 1},
            severity="warning",
            meaning=f"Every class has a known positive in {split}.",
            advice=advice,
            shown=("label",),
        )
        for split, advice in (
            ("train", "Nothing can be learned about them from labels; their tags come from text."),
            ("val", "They get a threshold shared with all classes instead of their own."),
            ("test", "No figure can be given for them; the report names them."),
        )
    )
    return (
        Rule(
            name="no_split_empty",
            table="splits",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "photos", "min_value": 1},
            severity="error",
            meaning="Train, val and test each hold a photograph.",
            advice="Add images, or change the shares under `splits` in params.yaml.",
            shown=("split",),
        ),
        Rule(
            name="splits_have_labels",
            table="splits",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "known_positives", "min_value": 1},
            severity="warning",
            meaning="Train, val and test each hold a known positive.",
            advice="Without one in train nothing is learned, in val nothing is calibrated, and in "
            "test nothing is measured: label some images of that split.",
            shown=("split",),
        ),
        *per_split,
    )


def _quarantine_rules(max_share: float) -> tuple[Rule, ...]:
    return (
        Rule(
            name="few_images_quarantined",
            table="quarantine_share",
            expectation="ExpectColumnValuesToBeBetween",
            arguments={"column": "share", "max_value": max_share},
            severity="error",
            meaning=f"At most {max_share:.0%} of the images are missing or unreadable.",
            advice="Look at the table of what was set aside. Replace the files, or raise "
            "validation.max_quarantined_share in params.yaml to go on without them.",
            shown=("images", "of", "share"),
        ),
        Rule(
            name="every_image_usable",
            table="quarantined_images",
            expectation="ExpectTableRowCountToEqual",
            arguments={"value": 0},
            severity="warning",
            meaning="Every image of the source is there and can be read.",
            advice="The run goes on without them; the table of what was set aside says why.",
            shown=("path", "reason"),
        ),
        Rule(
            name="every_annotation_usable",
            table="quarantined_annotations",
            expectation="ExpectTableRowCountToEqual",
            arguments={"value": 0},
            severity="warning",
            meaning="Every line and label of the annotations was understood.",
            advice="The run goes on without them; the table of what was set aside says why.",
            shown=("path", "detail"),
        ),
    )
