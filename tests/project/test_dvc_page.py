"""What `dvc plots show` makes of the plots of a project."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

from efuda.new_project.create import make_repository
from project.graph import PLOTS

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>'


def test_the_page_of_dvc_shows_every_plot_and_asks_no_other_host(tmp_path: Path):
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"plots": PLOTS}), encoding="utf-8")
    for plot in PLOTS:
        path = tmp_path / plot
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SVG, encoding="utf-8")
    make_repository(tmp_path)
    subprocess.run([sys.executable, "-m", "dvc", "plots", "show"], cwd=tmp_path, check=True)
    page = (tmp_path / "dvc_plots" / "index.html").read_text(encoding="utf-8")
    assert len(re.findall(r"<img src=\"static/", page)) == len(PLOTS)
    assert not re.search(r"<script|https?://|src=\"//|@import", page)
