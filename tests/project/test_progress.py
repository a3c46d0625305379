import io
import re

import pytest

from project.progress import EVERY_S, QUIET_S, PlainLines, Work, shown


class Log:
    """Lines, and a clock that stands still unless it is set."""

    def __init__(self, work):
        self.now_s = 100.0
        self.lines = []
        self.plain = PlainLines(work, self.lines.append, clock=lambda: self.now_s)

    def wait(self, seconds):
        for _ in range(round(seconds)):
            self.now_s += 1
            self.plain.tick()


@pytest.fixture
def work():
    return Work(name="tune", total=8, unit="attempts")


def test_news_is_told_once_every_few_seconds_and_no_more(work):
    log = Log(work)
    for _ in range(8):
        log.wait(2)
        work.advance()
    log.wait(4)
    told = [line.split(" attempts")[0] for line in log.lines]
    assert told == ["tune: 2 of 8", "tune: 4 of 8", "tune: 7 of 8", "tune: 8 of 8"]


def test_short_work_says_nothing(work):
    log = Log(work)
    work.advance(8)
    log.wait(EVERY_S - 1)
    assert log.lines == []


def test_silence_is_broken_after_a_while(work):
    log = Log(work)
    log.wait(EVERY_S)
    assert log.lines == ["tune: 0 of 8 attempts, 5 s so far"]
    log.wait(QUIET_S - 1)
    assert len(log.lines) == 1
    log.wait(1)
    assert log.lines[1:] == ["tune: 0 of 8 attempts, 35 s so far"]


def test_a_line_has_what_is_done_the_best_so_far_and_the_time_left(work):
    work.advance(2, note="best hold-out mAP 0.412 (Efuda)")
    line = work.line(elapsed_s=60)
    assert line == "tune: 2 of 8 attempts, best hold-out mAP 0.412 (Efuda), about 3 min left"


def test_what_was_done_before_does_not_make_the_rest_look_fast():
    work = Work(name="embed", total=1000, unit="images", done=800)
    assert work.seconds_left(50) is None
    work.advance(100)
    assert work.seconds_left(50) == pytest.approx(50)


def test_more_than_all_is_never_done_and_nothing_is_undone(work):
    work.advance(100)
    assert work.done == 8
    work.reach(3)
    assert work.done == 8


def test_on_no_terminal_there_are_no_control_characters():
    stream = io.StringIO()
    with shown("embed", 3, unit="images", stream=stream) as work:
        work.advance()
    assert re.findall(r"[\x1b\r]", stream.getvalue()) == []


def test_nothing_to_do_shows_nothing_and_failures_pass_through():
    with shown("embed", 0) as work:
        work.advance()
    with pytest.raises(KeyError), shown("embed", 3, stream=io.StringIO()):
        raise KeyError
