"""Small data sets in the exact formats of the published ones."""

import json
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image

VOC = {
    # Image: (list, objects as name and difficult).
    "2008_000008": ("train", [("horse", 0), ("person", 0)]),
    "2008_000015": ("train", [("bottle", 0), ("person", 1)]),
    "2008_000019": ("train", [("dog", 0), ("dog", 1)]),
    "2008_000002": ("val", [("tvmonitor", 0)]),
    "2008_000003": ("val", [("train", 0), ("person", 0), ("car", 1)]),
    "2008_000023": ("train", [("tvmonitor", 0), ("person", 0), ("bottle", 0)]),
    "2008_000028": ("train", [("car", 0), ("person", 0)]),
    # In JPEGImages for segmentation alone: on no list of Main.
    "2007_000027": (None, [("person", 0)]),
}


def photograph(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(number).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def write_voc2012(folder: Path) -> Path:
    """VOCdevkit as VOCtrainval_11-May-2012.tar unpacks."""
    root = folder / "VOCdevkit" / "VOC2012"
    lists: dict[str, list[str]] = {"train": [], "val": []}
    for number, (name, (part, objects)) in enumerate(VOC.items()):
        photograph(root / "JPEGImages" / f"{name}.jpg", number)
        boxes = "".join(
            f"<object><name>{escape(label)}</name><pose>Left</pose><truncated>0</truncated>"
            f"<difficult>{difficult}</difficult><bndbox><xmin>1</xmin><ymin>1</ymin>"
            "<xmax>5</xmax><ymax>5</ymax></bndbox></object>"
            for label, difficult in objects
        )
        xml = (
            f"<annotation><folder>VOC2012</folder><filename>{name}.jpg</filename>"
            f"<size><width>12</width><height>9</height><depth>3</depth></size>{boxes}</annotation>"
        )
        write(root / "Annotations" / f"{name}.xml", xml)
        if part is not None:
            lists[part].append(name)
    for part, names in lists.items():
        write(root / "ImageSets" / "Main" / f"{part}.txt", "\n".join(sorted(names)) + "\n")
    return folder


def write_coco2014(folder: Path) -> Path:
    """train2014, val2014 and annotations; image 25 has no annotation."""
    categories = [
        {"id": number, "name": f"thing {number}", "supercategory": "thing"}
        for number in [*range(1, 80), 90]
    ]
    parts = {
        "train": {9: [1, 2], 100: [3], 25: [], 30: [1, 90], 1000: [2], 64: [2, 3, 4]},
        "val": {42: [1], 73: [2, 90]},
    }
    for part, images in parts.items():
        listed, annotations = [], []
        for image_id, present in images.items():
            name = f"COCO_{part}2014_{image_id:012}.jpg"
            photograph(folder / f"{part}2014" / name, image_id)
            listed.append({"id": image_id, "file_name": name, "width": 12, "height": 9})
            annotations += [
                {"id": len(annotations) + k, "image_id": image_id, "category_id": category}
                for k, category in enumerate([*present, *present[:1]])
            ]
        content = {"images": listed, "annotations": annotations, "categories": categories}
        write(folder / "annotations" / f"instances_{part}2014.json", json.dumps(content))
    return folder


def write_nuswide(folder: Path, concepts: tuple[str, ...] = ("airport", "clouds", "zebra")) -> Path:
    """The official lists, with the backslashes and spaces that they have."""
    parts = {
        "Train": (["actor\\0001_2124494179.jpg", "zoo\\0002_1.jpg", "zoo\\0003_2.jpg",
                   "actor\\0004_3.jpg", "actor\\0005_4.jpg", "zoo\\0006_5.jpg"],
                  ["100000", "010110", "001010"]),
        "Test": (["zoo\\0007_6.jpg", "actor\\0008_7.jpg"], ["10", "00", "10"]),
    }  # fmt: skip
    for part, (images, columns) in parts.items():
        for number, image in enumerate(images):
            photograph(folder / "Flickr" / image.replace("\\", "/"), number + len(images))
        write(folder / "ImageList" / f"{part}Imagelist.txt", "".join(f"{i} \r\n" for i in images))
        for concept, column in zip(concepts, columns, strict=True):
            place = folder / "Groundtruth" / "TrainTestLabels" / f"Labels_{concept}_{part}.txt"
            write(place, "".join(f"{state}\n" for state in column))
    write(folder / "Concepts81.txt", "".join(f"{concept}\n" for concept in concepts))
    return folder


def write_cub(folder: Path) -> Path:
    """CUB_200_2011 with attributes.txt beside it, and lines of more columns than five."""
    root = folder / "CUB_200_2011"
    images = [f"001.Black_footed_Albatross/Bird_{number:04}.jpg" for number in (9, 74, 14, 31, 51)]
    images.append("002.Laysan_Albatross/Bird_0003.jpg")
    for number, image in enumerate(images):
        photograph(root / "images" / image, number)
    numbered = list(enumerate(images, start=1))
    write(root / "images.txt", "".join(f"{number} {image}\n" for number, image in numbered))
    write(root / "train_test_split.txt", "".join(f"{n} {int(n != 6)}\n" for n, _ in numbered))
    names = ["has_bill_shape::curved_(up_or_down)", "has_bill_shape::hooked_seabird",
             "has_wing_color::blue", "has_size::very_large_(32_-_72_in)"]  # fmt: skip
    write(folder / "attributes.txt", "".join(f"{n} {name}\n" for n, name in enumerate(names, 1)))
    lines: list[str] = []
    for number, _ in numbered:
        for attribute in range(1, len(names) + 1):
            present = int((number + attribute) % 3 == 0)
            more = " 0 1.509" if (number, attribute) == (2, 3) else " 27.708"
            lines.append(f"{number} {attribute} {present} 3{more}")
    write(root / "attributes" / "image_attribute_labels.txt", "\n".join(lines) + "\n")
    return folder


def write_formatted(folder: Path, num_labels: int) -> Path:
    """The arrays of the re-crawled NUS-WIDE."""
    generator = np.random.default_rng(3)
    for part, num_images in (("train", 10), ("val", 3)):
        images = [f"{part}/{number:04}.jpg" for number in range(num_images)]
        for number, image in enumerate(images):
            photograph(folder / "Flickr" / image, number + 50 * num_images)
        labels = (generator.random((num_images, num_labels)) < 0.1).astype(np.float64)
        labels[:, 0] = 1
        np.save(folder / f"formatted_{part}_images.npy", np.array(images))
        np.save(folder / f"formatted_{part}_labels.npy", labels)
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
