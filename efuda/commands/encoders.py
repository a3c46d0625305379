"""`efuda encoders`."""

from efuda.command_answer import Answer

CONSE: dict[str, object] = {
    "name": "conse",
    "megabytes": 0,
    "licence": "Apache-2.0",
    "here": True,
    "good_at": "photographs of everyday things, at once and without a network; the default",
}


def encoders() -> Answer:
    """List the encoders that `efuda init --encoder` takes by a word."""
    from components.encoders.short_names import SHORT_NAMES
    from components.encoders.weights_cache import cache_directory, held_revision

    rows: list[dict[str, object]] = [CONSE]
    for row in SHORT_NAMES.values():
        revision = held_revision(row.repository, row.files)
        rows.append(
            {
                "name": row.name,
                "megabytes": row.megabytes,
                "licence": row.licence,
                "here": revision is not None,
                "good_at": row.good_at,
                "model": row.model,
                "pretrained": row.pretrained,
                "repository": row.repository,
                "revision": revision,
            }
        )
    folder = cache_directory() / "encoders"
    lines = [
        f"{'name':<14} {'download':>9}  {'licence':<10}  {'here':<4}  good at",
        *(
            f"{row['name']:<14} {_size(row['megabytes']):>9}  {row['licence']:<10}  "
            f"{'yes' if row['here'] else 'no':<4}  {row['good_at']}"
            for row in rows
        ),
        f"Weights are fetched once, into {folder} (EFUDA_CACHE moves it). "
        "Next: efuda init DIR --images FOLDER --encoder NAME",
    ]
    return Answer({"encoders": rows, "cache": str(folder)}, lines)


def _size(megabytes: object) -> str:
    return f"{megabytes:,} MB" if megabytes else "none"
