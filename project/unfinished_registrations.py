"""What a registration that was killed or failed leaves behind, and how it is removed.

A registration is one run of MLflow's, which ends well after its model became a version. One
that did not belongs to nobody, for one project registers one bundle at a time.
"""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from components.staging import staged

RUN_NAMES = "bundle-%"


@contextmanager
def temporary_files_in(root: Path) -> Generator[None]:
    """Let MLflow put its temporary copies below the project's scratch folder.

    They are as large as the bundle, and what killed processes left there is removed.
    """
    before = tempfile.tempdir
    with staged(root / ".efuda" / "mlflow") as folder:
        folder.mkdir()
        tempfile.tempdir = str(folder)
        try:
            yield
        finally:
            tempfile.tempdir = before


def remove_unfinished(client: Any, experiment: str, model: str, artefacts: Path) -> None:
    """Remove runs that did not end well, with all their files; end those that made a version.

    Args:
        client: MLflow's, of a registry that belongs to this project alone.
        experiment: Id of the project's experiment.
        model: Name of the registered model.
        artefacts: Where its files lie; nothing outside is removed.
    """
    runs = client.search_runs(
        [experiment], f"attributes.status != 'FINISHED' and attributes.run_name LIKE '{RUN_NAMES}'"
    )
    if not runs:
        return
    sources = {version.source for version in client.search_model_versions(f"name = '{model}'")}
    for run in runs:
        run_id = run.info.run_id
        logged = client.search_logged_models(
            [experiment], filter_string=f"source_run_id = '{run_id}'"
        )
        if any(f"models:/{each.model_id}" in sources for each in logged):
            client.set_terminated(run_id)
            continue
        for each in logged:
            _remove_folder(each.artifact_location, artefacts)
            client.delete_logged_model(each.model_id)
        _remove_folder(run.info.artifact_uri, artefacts)
        client.delete_run(run_id)


def _remove_folder(location: str, artefacts: Path) -> None:
    """Remove the folder of one run or model, whose files lie in its ``artifacts``."""
    folder = Path(unquote(urlparse(location).path)).parent
    if folder.is_relative_to(artefacts) and folder != artefacts:
        shutil.rmtree(folder, ignore_errors=True)
