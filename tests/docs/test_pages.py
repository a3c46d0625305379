"""What the pages name is there: files, links, keys of params.yaml, addresses."""

import re
from pathlib import Path
from typing import get_args

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from components.encoders.config import ENCODER_CONFIGS
from project.settings import Settings
from project.source_kinds import SourceKind
from serving.app import ROUTERS

ROOT = Path(__file__).parents[2]
GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))
PAGES = [
    *sorted((ROOT / "docs").glob("*/*.md")),
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
]
FOLDERS = (
    "components|project|tuning|pipelines|serving|efuda|bench|benchmarks|examples|infra|tests|docs"
)
NAMED = re.compile(rf"`((?:{FOLDERS})/[^`\s<>*…:]*)`")
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)[^)]*\)")
SECTIONS = "|".join(Settings.model_fields)
KEY = re.compile(rf"`((?:{SECTIONS})\.[a-z_]+(?:\.[a-z_]+)*)(?:: [^`]*)?`")
GONE = {"train.method", "train.weight_decay", "train.prompts", "tune.num_trials", "tune.fixed"}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def has_key(key: str) -> bool:
    """Whether a key of params.yaml exists; below free mappings every key does."""
    models: list[object] = [Settings]
    for step in key.split("."):
        found = [fields[step] for model in models if step in (fields := fields_of(model))]
        if not found:
            return any(model is dict or model is str for model in models)
        models = [kind for each in found for kind in parts(each)]
    return True


def fields_of(model: object) -> dict[str, object]:
    if isinstance(model, type) and issubclass(model, BaseModel):
        return {name: each.annotation for name, each in model.model_fields.items()}
    return dict(getattr(model, "__annotations__", {}))


def parts(annotation: object) -> list[object]:
    """A type and those that it is a union or a mapping of."""
    inner = [kind for each in get_args(annotation) for kind in parts(each)]
    mapping = getattr(annotation, "__origin__", None) is dict
    return [dict if mapping else annotation, *inner]


@each_page
def test_every_file_that_a_page_names_is_there(page):
    named = NAMED.findall(page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


@each_page
def test_every_link_leads_somewhere(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@each_page
def test_every_key_that_a_page_names_is_one_of_the_settings(page):
    keys = set(KEY.findall(page.read_text(encoding="utf-8")))
    # A decision may tell what went.
    gone = GONE if page.parent.name == "decisions" else set()
    files = {key for key in keys if key.endswith((".yaml", ".py", ".parquet", ".json"))}
    assert sorted(key for key in keys - gone - files if not has_key(key)) == []


def test_keys_that_went_are_no_settings():
    assert [key for key in GONE if has_key(key)] == []
    assert has_key("train.methods.csa.prompts")
    assert has_key("encoder.image_tower")


def test_every_page_of_the_guide_can_be_reached():
    contents = LINK.findall((ROOT / "docs" / "guide" / "README.md").read_text(encoding="utf-8"))
    assert {page.name for page in GUIDE} - {"README.md"} <= set(contents)


def test_every_endpoint_is_in_the_guide():
    text = (ROOT / "docs" / "guide" / "serve.md").read_text(encoding="utf-8")
    routes = [route for each in ROUTERS for route in each.routes]
    paths = {route.path_format for route in routes if isinstance(route, APIRoute)}
    shown = {path.replace("picture_id", "id") for path in paths if path.startswith("/v1")}
    assert [path for path in sorted(shown) if path not in text] == []


def test_every_format_and_every_encoder_is_in_the_guide():
    formats = (ROOT / "docs" / "guide" / "your-data.md").read_text(encoding="utf-8")
    assert [kind for kind in get_args(SourceKind) if f"`{kind}`" not in formats] == []
    encoders = (ROOT / "docs" / "guide" / "embed.md").read_text(encoding="utf-8")
    assert [kind for kind in ENCODER_CONFIGS if f"| `{kind}` |" not in encoders] == []
