"""`efuda submit` against a job service that is played."""

import json

import pytest

from components.errors import InputError
from efuda.cluster import submission
from efuda.cluster.jobs import EndedJob
from tests.efuda.called import call


class Played:
    """Answers as one cluster would; keeps what was started."""

    ended = EndedJob("SUCCEEDED", 0, "", "Running stage 'prepare':\nRunning stage 'embed':\n")

    def __init__(self, address):
        self.address = address
        Played.started = []

    def start(self, command, name, files=None, num_gpus=0):
        Played.started.append((command, num_gpus))
        return name

    def follow(self, job, tell=lambda _: None):
        if isinstance(self.ended, BaseException):
            raise self.ended
        return self.ended


@pytest.fixture(autouse=True)
def cluster(monkeypatch):
    monkeypatch.setattr(submission, "Jobs", Played)
    monkeypatch.setattr(submission, "check_cluster", lambda *_: (2, []))


def answer(capsys, *arguments):
    status = call("submit", "--json", *arguments)
    return status, json.loads(capsys.readouterr().out)


def test_a_run_is_one_command_in_the_shared_folder(toy_project, capsys):
    status, report = answer(capsys, "--gpus", 1, "--force", "train")
    assert (status, report["ok"], report["ran"]) == (0, True, ["prepare", "embed"])
    ((command, gpus),) = Played.started
    assert command == f"cd {toy_project} && exec python -m efuda.cli run --force train"
    assert gpus == 1
    answer(capsys, "--path", "/mnt/two words")
    assert Played.started[0][0].startswith("cd '/mnt/two words' && ")


def test_the_exit_status_of_the_job_is_kept(toy_project, capsys, monkeypatch):
    monkeypatch.setattr(Played, "ended", EndedJob("FAILED", 2, "exit code 2", "Running"))
    status, report = answer(capsys)
    assert (status, report["ok"], report["exit_status"]) == (2, False, 2)
    assert report["error"] == "exit code 2"


def test_without_waiting_the_way_to_follow_is_told(toy_project, capsys, monkeypatch):
    monkeypatch.setattr(Played, "ended", AssertionError("nobody waits"))
    assert call("submit", "--no-wait") == 0
    assert "ray job logs --follow --address http://127.0.0.1:8265 efuda-" in capsys.readouterr().out


def test_ctrl_c_lets_the_job_go_on(toy_project, capsys, monkeypatch):
    monkeypatch.setattr(Played, "ended", KeyboardInterrupt())
    status, report = answer(capsys)
    assert (status, report["status"]) == (130, "LEFT")


def test_nothing_starts_while_something_is_missing(toy_project, monkeypatch):
    def refuses(*_):
        raise InputError("git is not installed (node a)")

    monkeypatch.setattr(submission, "check_cluster", refuses)
    with pytest.raises(InputError, match="git"):
        call("submit")
    assert Played.started == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--path", "/mnt", "--remote", "store"), "give one"),
        (("--fetch", "efuda-1"), "name it with --remote"),
        (("--address", "head:6379"), "dashboard"),
        (("--remote", "nowhere"), "no DVC remote 'nowhere'"),
    ],
)
def test_options_that_do_not_fit_are_refused(arguments, told, toy_project):
    with pytest.raises(InputError, match=told):
        call("submit", *arguments)
