from types import SimpleNamespace
from typing import Any

import pytest

from components.errors import InputError
from efuda.cluster import jobs as module
from efuda.cluster.jobs import ADDRESS_VARIABLES, DEFAULT_ADDRESS, Jobs, job_address


class Client:
    """A job service with one job, whose log comes in two connections."""

    def __init__(self, status: str = "FAILED", code: int | None = 2):
        self._status, self._code = status, code
        self._asked = 0

    def get_job_status(self, job):
        self._asked += 1
        return SimpleNamespace(is_terminal=lambda: self._asked > 2)

    async def tail_job_logs(self, job):
        yield "one\n"
        if self._asked == 1:
            raise RuntimeError("the connection broke")
        yield "two\n"

    def get_job_logs(self, job):
        return "one\ntwo\nthree\n"

    def get_job_info(self, job):
        return SimpleNamespace(status=self._status, driver_exit_code=self._code, message="why")


def jobs_with(client: Client, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    monkeypatch.setattr(module, "POLL_S", 0)
    jobs: Any = object.__new__(Jobs)
    jobs.address, jobs._client = "http://head:8265", client
    return jobs


def test_every_line_is_told_once_whatever_breaks(monkeypatch):
    told: list[str] = []
    ended = jobs_with(Client(), monkeypatch).follow("job", told.append)
    assert "".join(told) == ended.log == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("status", "code", "exit_status"),
    [("FAILED", 2, 2), ("FAILED", -9, 1), ("STOPPED", None, 1), ("SUCCEEDED", None, 0)],
)
def test_the_exit_status_is_that_of_the_command(status, code, exit_status, monkeypatch):
    ended = jobs_with(Client(status, code), monkeypatch).follow("job")
    assert (ended.status, ended.exit_status) == (status, exit_status)
    assert ended.message == ("" if exit_status == 0 else "why")


def test_the_address_is_given_or_found_in_the_environment(monkeypatch):
    for name in ADDRESS_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert job_address(None) == DEFAULT_ADDRESS
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")  # of Ray itself, not of its dashboard
    assert job_address(None) == DEFAULT_ADDRESS
    monkeypatch.setenv("RAY_API_SERVER_ADDRESS", "http://head:8265/")
    assert job_address(None) == "http://head:8265"
    assert job_address("https://other") == "https://other"
    with pytest.raises(InputError, match="dashboard"):
        job_address("head:6379")


def test_where_nothing_answers_one_sentence_is_told():
    with pytest.raises(InputError, match=r"No Ray cluster answers at http://127\.0\.0\.1:9 "):
        Jobs("http://127.0.0.1:9")
