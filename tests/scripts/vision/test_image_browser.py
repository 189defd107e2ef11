"""Stepping through images, all or those that were classified wrongly."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scripts.vision.image_browser import UNKNOWN, ImageBrowser

LABELS = [0, 1, 2, 0, 1, 2]


def browsed() -> ImageBrowser:
    """Network 0 errs at 1 and 4, network 1 at 4 and 5."""
    browser = ImageBrowser(LABELS, networks=2)
    browser.add(np.array([[0, 2, 2], [0, 1, 2]]))
    browser.add(np.array([[0, 0, 2], [0, 2, 1]]))
    return browser


def test_correct_predictions_are_counted() -> None:
    browser = ImageBrowser(LABELS, networks=2)
    assert (browser.n_predicted, browser.count_correct(0)) == (0, (0, 0))
    browser.add(np.array([[0, 2, 2], [0, 1, 2]]))
    assert browser.n_predicted == 3
    assert browser.count_correct(0) == (2, 3)
    assert browser.count_correct(1) == (3, 3)
    assert browsed().n_predicted == len(browsed()) == 6
    assert np.flatnonzero(browsed().wrong[1]).tolist() == [4, 5]


def test_steps_end_at_the_ends() -> None:
    browser = ImageBrowser(LABELS, networks=1)
    assert not browser.step(-1)
    assert [browser.step(2), browser.position] == [True, 2]
    assert [browser.step(100), browser.position] == [True, 5]
    assert not browser.step(1)
    assert [browser.step(-2), browser.position] == [True, 3]


def test_only_wrong_ones() -> None:
    browser = browsed()
    browser.position = 2
    assert browser.toggle_wrong()
    assert browser.position == 4  # the next one
    assert [browser.step(1), browser.position] == [True, 5]
    assert not browser.step(1)
    assert [browser.step(-2), browser.position] == [True, 1]
    assert browser.toggle_wrong()
    assert [browser.step(1), browser.position] == [True, 2]


def test_from_beyond_the_last_wrong_one_it_goes_to_the_first() -> None:
    browser = ImageBrowser(LABELS, networks=1)
    browser.add(np.array([[1, 1, 2, 0, 1, 2]]))
    browser.position = 3
    assert [browser.toggle_wrong(), browser.position] == [True, 0]


def test_without_wrong_ones_it_stays_at_all() -> None:
    browser = ImageBrowser([UNKNOWN] * 3, networks=1)
    browser.add(np.array([[0, 1, 2]]))  # the true classes are unknown
    assert browser.count_correct(0) == (0, 0)
    assert not browser.toggle_wrong()
    assert not browser.only_wrong


def test_images_around_the_position() -> None:
    browser = browsed()
    assert browser.around(3) == [0, 1, 2]
    browser.position = 3
    assert browser.around(3) == [2, 3, 4]
    assert browser.around(4) == [1, 2, 3, 4]
    browser.position = 5
    assert browser.around(3) == [3, 4, 5]
    assert browser.around(9) == [0, 1, 2, 3, 4, 5]
    browser.toggle_wrong()
    assert browser.around(2) == [4, 5]
    assert browser.around(9) == [1, 4, 5]


@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 2)), min_size=1), st.data())
def test_steps_through_wrong_ones_visit_each_once(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    labels, predicted = np.array(pairs).T
    browser = ImageBrowser(labels, networks=1)
    browser.add(predicted[None])
    wrong = [i for i, (label, guess) in enumerate(pairs) if UNKNOWN not in (label, guess) and label != guess]
    browser.position = data.draw(st.integers(0, len(pairs) - 1))
    if not browser.toggle_wrong():
        assert not wrong
        return
    while browser.step(-1):
        pass
    visited = [browser.position]
    while browser.step(1):
        visited.append(browser.position)
    assert visited == wrong
