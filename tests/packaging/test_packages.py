import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout, so nothing says which files are tracked")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_the_packages_named_are_the_folders_there_are():
    named = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    kept_out = {"benchmarks", "examples", "tests"}
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - kept_out
    assert set(named) == folders
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == folders


def test_pyright_reads_every_folder_that_holds_python():
    folders = {path.relative_to(ROOT).parts[0] for path in tracked_files() if path.suffix == ".py"}
    assert set(PROJECT["tool"]["pyright"]["include"]) == folders


def test_every_folder_with_modules_is_a_package():
    named = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    modules = [path for name in named for path in (ROOT / name).rglob("*.py")]
    bare = {path.parent for path in modules if not (path.parent / "__init__.py").exists()}
    assert not bare


def requirement_groups() -> tuple[list[str], list[str]]:
    run, develop = (ROOT / "requirements.in").read_text(encoding="utf-8").split("# development\n")
    return names_in(run), names_in(develop)


def names_in(part: str) -> list[str]:
    return [line for line in part.splitlines() if line and line[0] != "#"]


def test_the_dependencies_are_those_of_requirements_in():
    run, develop = requirement_groups()
    assert PROJECT["project"]["dependencies"] == run
    assert PROJECT["dependency-groups"]["dev"] == develop


def test_every_requirement_is_pinned_with_a_hash():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==", lock, flags=re.MULTILINE))
    wanted = {re.split(r"\[", name)[0].lower() for group in requirement_groups() for name in group}
    assert wanted <= pinned
    assert lock.count("--hash=sha256:") >= len(pinned)


def test_no_tracked_file_names_a_registry_or_a_path_of_one_machine():
    # Written in pieces, so that this file does not find itself.
    hosts = ["pypi" + ".org", "python" + "hosted.org", "registry." + "npmjs", "deb." + "debian.org"]
    places = ["/work/" + "main", "/work/" + "shared", "/tmp/" + "efuda", "/root" + "/"]
    pattern = re.compile("|".join(re.escape(each) for each in hosts + places))
    guilty = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in tracked_files()
        if b"\0" not in (content := path.read_bytes())[:1024]
        and (match := pattern.search(content.decode("utf-8", errors="replace")))
    ]
    assert not guilty


def test_nothing_is_unpickled():
    pattern = re.compile(
        r"\bpickle\.loads?\(|joblib\.load|weights_only\s*=\s*False|allow_pickle\s*=\s*True"
    )
    guilty = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if path.suffix == ".py"
        and path != Path(__file__)
        and pattern.search(path.read_text("utf-8"))
    ]
    assert not guilty


def test_the_commands_of_the_readme_exist_in_the_makefile():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    wanted = set(re.findall(r"^\s*make ([a-z-]+)", readme, flags=re.MULTILINE))
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    assert {"demo", "test"} <= wanted <= targets
