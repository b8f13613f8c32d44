"""Who is in a hurry goes first, and the others come to their end all the same."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from models.pauses import pause, pausing
from serving.precedence import Precedence


def test_work_stands_back_at_its_pauses_until_nobody_is_in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.precedence.LONGEST", 60.0)
    precedence, said, began = Precedence(), list[str](), Event()

    def work() -> None:
        with pausing(precedence.stand_back):
            began.set()
            pause()
            said.append("work")

    with ThreadPoolExecutor(1) as threads:
        with precedence.ahead():
            assert precedence.is_ahead
            done = threads.submit(work)
            began.wait()
            said.append("hurry")
        done.result()
    assert said == ["hurry", "work"]
    assert not precedence.is_ahead


def test_work_goes_on_though_somebody_is_always_in_a_hurry() -> None:
    precedence = Precedence()
    with precedence.ahead(), ThreadPoolExecutor(1) as threads, precedence.ahead():
        threads.submit(precedence.stand_back).result(timeout=30)


def test_a_pause_that_nobody_asked_for_is_none() -> None:
    said = list[str]()
    pause()
    with pausing(lambda: said.append("paused")):
        pause()
    pause()
    assert said == ["paused"]
