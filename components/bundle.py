"""The serving bundle: everything a service needs, under one version.

A bundle is one directory that is written, registered and swapped as a whole.
Its version is a hash of its files, so equal bundles have equal versions, and
every part must speak of the same encoder.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from blake3 import blake3

from components.atomic import atomic_directory, read_json, write_json
from components.bundle_files import DESCRIPTION, hash_of, verify_files
from components.calibration.calibration import Calibration
from components.calibration.tag_rule import TagRule
from components.encoders.config import EncoderConfig, OpenClipConfig, read_encoder
from components.encoders.config_paths import FileField, anchored, named_files, with_files
from components.errors import ArtefactError
from components.labels.vocabulary import Vocabulary
from components.machine_faults import machine_fault
from components.models.tagger import IMAGE_TOWER, Tagger
from components.search.gallery import Gallery
from components.search.index import SearchIndex
from components.search.modality_means import ModalityMeans, SketchSearch
from components.search.previews import Previews
from components.search.relevance import RelevanceScale

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundle:
    """A bundle in memory; vectors and previews stay on disk."""

    name: str
    version: str
    encoder_id: str
    encoder_config: EncoderConfig
    tag_encoder_config: EncoderConfig
    """The same, unless the tagger was trained together with an encoder of its own."""
    templates: tuple[str, ...]
    vocabulary: Vocabulary
    tagger: Tagger
    calibration: Calibration
    index: SearchIndex
    gallery: Gallery
    modality: ModalityMeans
    sketch_search: SketchSearch
    relevance: RelevanceScale
    previews: Previews
    extra: Mapping[str, Any]

    @property
    def tag_rule(self) -> TagRule:
        """How the tagger's logits become tags."""
        return TagRule(self.calibration, self.vocabulary)


def write_bundle(
    out: Path,
    *,
    encoder_config: EncoderConfig,
    tagger_dir: Path,
    calibration_path: Path,
    index_dir: Path,
    vocabulary_path: Path,
    templates: Sequence[str],
    name: str,
    extra: Mapping[str, object] | None = None,
) -> str:
    """Assemble a bundle in the directory ``out`` and return its version.

    Args:
        out: Directory to write; an older bundle there is replaced.
        encoder_config: The project's encoder; relative paths start at the current
            directory. The files that it names are copied in.
        tagger_dir: What ``Tagger.save`` wrote.
        calibration_path: What ``Calibration.save`` wrote.
        index_dir: What the index stage wrote.
        vocabulary_path: The project's vocabulary.json.
        templates: Prompt templates, for text queries by label name.
        name: Name shown to people, such as the project's.
        extra: Facts to carry along (figures, data hash); must be JSON.

    Raises:
        ArtefactError: If a part is missing, or the parts do not agree.
    """
    tagger = Tagger.load(tagger_dir)
    _check_agreement(tagger, Vocabulary.load(vocabulary_path), read_json(index_dir / "index.json"))
    with atomic_directory(out) as directory:
        shutil.copytree(tagger_dir, directory / "tagger")
        shutil.copytree(index_dir, directory / "index")
        shutil.copyfile(calibration_path, directory / "calibration.json")
        shutil.copyfile(vocabulary_path, directory / "vocabulary.json")
        config = asdict(_with_files_inside(encoder_config, directory))
        description: dict[str, object] = {
            "schema_version": SCHEMA_VERSION,
            "name": name,
            "encoder": {"id": tagger.project_encoder_id, "config": config},
            "recipe": tagger.recipe,
            "seed": tagger.seed,
            "templates": list(templates),
            "extra": dict(extra or {}),
            "files": _files_of(directory),
        }
        version = _version_of(description)
        write_json(directory / DESCRIPTION, {**description, "version": version})
    return version


def load_bundle(directory: Path) -> Bundle:
    """Open a bundle after checking that it is whole and of one piece.

    Raises:
        ArtefactError: If it is of another schema, a file is missing, changed or none of
            the bundle's, or its parts are of different encoders or labels.
    """
    description = verified_description(directory)
    tagger = Tagger.load(directory / "tagger")
    vocabulary = Vocabulary.load(directory / "vocabulary.json")
    index = SearchIndex.load(directory / "index")
    _check_agreement(tagger, vocabulary, {"encoder_id": index.encoder_id})
    encoder = description["encoder"]
    if encoder["id"] != tagger.project_encoder_id:
        raise ArtefactError(
            f"{directory} is for encoder {encoder['id']}, its tagger for "
            f"{tagger.project_encoder_id}; "
            "register it again."
        )
    modality = ModalityMeans.load(directory / "index")
    facts: Mapping[str, Any] = index.facts
    config = _config_of(encoder["config"], directory)
    return Bundle(
        name=description["name"],
        version=description["version"],
        encoder_id=encoder["id"],
        encoder_config=config,
        tag_encoder_config=_tag_encoder_config(config, tagger, directory / "tagger"),
        templates=tuple(description["templates"]),
        vocabulary=vocabulary,
        tagger=tagger,
        calibration=Calibration.load(directory / "calibration.json"),
        index=index,
        gallery=Gallery.load(directory / "index", vocabulary.names),
        modality=modality,
        sketch_search=SketchSearch(index, modality),
        relevance=RelevanceScale(
            facts.get("relevance_leads", {}), facts.get("relevance_low_leads", {})
        ),
        previews=Previews(directory / "index", facts["preview_px"]),
        extra=description["extra"],
    )


def verified_description(directory: Path) -> dict[str, Any]:
    """What bundle.json says, once every file is found to be what was written.

    Raises:
        ArtefactError: If it is of another schema, or anything was changed since.
    """
    path = directory / DESCRIPTION
    description: Any = read_json(path)
    if not isinstance(description, dict) or "schema_version" not in description:
        raise ArtefactError(f"{path} does not describe a bundle; register it again.")
    if description["schema_version"] != SCHEMA_VERSION:
        raise ArtefactError(
            f"{directory} holds a bundle of schema {description['schema_version']}, "
            f"this program reads {SCHEMA_VERSION}; register it again."
        )
    said = {key: value for key, value in description.items() if key != "version"}
    if _version_of(said) != description.get("version"):
        raise ArtefactError(
            f"{path} was changed after it was written: it does not say any more what version "
            f"{description.get('version')} is made of. Change params.yaml or the project instead, "
            "and register it again."
        )
    verify_files(directory, description["files"])
    return description


def _tag_encoder_config(config: EncoderConfig, tagger: Tagger, directory: Path) -> EncoderConfig:
    """The encoder whose vectors a tagger reads.

    Args:
        config: The project's.
        tagger: As it was saved in ``directory``.
        directory: Where its own image tower lies, if it has one.
    """
    if tagger.trained_encoder is None or not isinstance(config, OpenClipConfig):
        return config
    return replace(config, image_tower=str((directory / IMAGE_TOWER).absolute()))


def _check_agreement(tagger: Tagger, vocabulary: Vocabulary, index: Mapping[str, Any]) -> None:
    if tagger.project_encoder_id != index.get("encoder_id"):
        raise ArtefactError(
            f"The tagger is for encoder {tagger.project_encoder_id}, the index holds vectors "
            f"of {index.get('encoder_id')}; run `efuda run` so that both are made anew."
        )
    if tagger.vocabulary.names != vocabulary.names:
        raise ArtefactError(
            f"The tagger knows {len(tagger.vocabulary)} labels, the vocabulary has "
            f"{len(vocabulary)} or names them differently; train again."
        )


def _with_files_inside(config: EncoderConfig, directory: Path) -> EncoderConfig:
    """The config with its files copied in and named by their paths in the bundle.

    Each field has a folder of its own, since files of different fields may share a name.

    Raises:
        ArtefactError: If one is not there.
    """
    inside: dict[FileField, str] = {}
    for field, named in named_files(config).items():
        source = Path(named)
        inside[field] = f"encoder/{field}/{source.name}"
        target = directory / inside[field]
        target.parent.mkdir(parents=True)
        try:
            if field == "model":
                shutil.copytree(source, target)
            else:
                shutil.copyfile(source, target)
        except OSError as fault:
            told = machine_fault(fault)
            if told is not None:
                raise told from fault
            raise ArtefactError(
                f"encoder.{field} names {source}, which cannot be copied into the bundle "
                f"({fault.strerror or fault}). Put it back, or correct params.yaml."
            ) from None
    return with_files(config, inside)


def _config_of(values: Mapping[str, Any], directory: Path) -> EncoderConfig:
    try:
        config = read_encoder(values)
    except (KeyError, TypeError, ValueError) as fault:
        raise ArtefactError(f"{directory} names an encoder that is not known: {fault}") from None
    for field, path in named_files(config).items():
        if not (directory / path).resolve().is_relative_to(directory.resolve()):
            raise ArtefactError(
                f"{directory / DESCRIPTION} takes encoder.{field} from {path}, which lies "
                "outside the bundle; register it again."
            )
    return anchored(config, directory)


def _files_of(directory: Path) -> dict[str, dict[str, object]]:
    return {
        path.relative_to(directory).as_posix(): {
            "bytes": path.stat().st_size,
            "blake3": hash_of(path),
        }
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def _version_of(description: Mapping[str, object]) -> str:
    text = json.dumps(description, sort_keys=True, ensure_ascii=False)
    return blake3(text.encode()).hexdigest()[:12]
