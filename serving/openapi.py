"""What OpenAPI cannot read off the routes: bodies that come in several forms."""

from typing import Any

from serving.messages import SearchQuery, TagQuery

_FILE = {"type": "string", "format": "binary"}


def _search_form() -> dict[str, Any]:
    schema = SearchQuery.model_json_schema()
    pictures = {
        "image": {**_FILE, "description": "A photograph to find similar ones to."},
        "sketch": {**_FILE, "description": "A drawing, dark lines on white."},
    }
    return {**schema, "properties": {**schema["properties"], **pictures}}


def _query_parameters() -> list[dict[str, Any]]:
    properties = TagQuery.model_json_schema()["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in properties.items()
    ]


SEARCH_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {"schema": _search_form()},
        "application/json": {"schema": SearchQuery.model_json_schema()},
    },
}
TAG_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"image": _FILE}, "required": ["image"]}
        },
        "image/*": {"schema": _FILE},
    },
}
TAG_PARAMETERS = _query_parameters()
