"""A new project where there are photographs and no label."""

from dataclasses import replace

from components.errors import InputError
from efuda.new_project.options import NewProject

TOLD = (
    "No label is known, so tags come from a method without training: what the encoder makes of the "
    "names, compared over your pictures. Search works as ever; nothing can be trained or measured "
    "before some photographs are labelled."
)
CHOICES = """\
Say what is known of the photographs in {images}:
  --names "dog,cat,bird"                nothing yet: the labels you want, or a file with one a line
  --captions FILE                       sentences: .jsonl, .csv, .parquet or COCO .json
  --source folder                       one sub-folder a label
  --source csv --annotations FILE       a table; parquet, jsonl, coco, voc and yolo likewise
  --sketches FOLDER                     drawings to search by, one sub-folder a label
  --published PROTOCOL                  a published data set; a wrong name lists them all"""


def take_images_as_source(options: NewProject) -> NewProject:
    """Where names or sketches are given and neither labels nor their format: photographs alone.

    Raises:
        InputError: If nothing says which labels there are, or labels are to be hidden.
    """
    if options.source not in (None, "images"):
        return options
    if options.annotations is not None:
        raise InputError(
            f"Name the format of {options.annotations} with --source: coco, voc, yolo, csv, "
            "parquet or jsonl."
        )
    if options.names is None and options.sketches is None:
        raise InputError(CHOICES.format(images=options.images))
    if options.hide is not None:
        raise InputError("--hide hides known labels, and without --source none is known.")
    return replace(options, source="images")
