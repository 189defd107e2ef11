"""Jobs in the background thread of a window."""

import time
from collections.abc import Callable

import pytest

pytest.importorskip("pygame")


from tests.support.ui.pages import Show, nothing
from tests.support.ui.windows import wait


def test_the_worker_computes_beside_the_frames(show: Show) -> None:
    results: list[str] = []
    app = show(nothing)
    worker = app.view.worker

    def slowly(result: str) -> Callable[[], str]:
        def job() -> str:
            time.sleep(0.1)
            return result

        return job

    for question in ("first", "second", "third"):
        worker.ask("question", slowly(question), results.append)
        if question == "first":
            time.sleep(0.03)  # it has begun; the second one still waits when the third comes
    worker.ask("other", slowly("other"), results.append)
    assert worker.busy("question")
    frames, start = 0, time.perf_counter()
    while len(results) < 3:
        app.frame()
        frames += 1
        assert time.perf_counter() - start < 5
    assert results == ["first", "third", "other"]
    assert frames > 5
    assert not worker.busy("question")


def test_what_a_job_raises_comes_up_in_the_window(show: Show) -> None:
    app = show(nothing)

    def fail() -> None:
        raise ValueError("no such agent")

    app.view.worker.ask("fail", fail, lambda _: None)
    with pytest.raises(ValueError, match="no such agent"):
        wait(app, lambda: False)
