"""Stepping through pictures, all or those that were named wrongly."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scripts.vision.image_browser import UNKNOWN, Album

LABELS = [0, 1, 2, 0, 1, 2]


def noted() -> Album:
    """Network 0 errs at 1 and 4, network 1 at 4 and 5."""
    album = Album(LABELS, networks=2)
    album.note(np.array([[0, 2, 2], [0, 1, 2]]))
    album.note(np.array([[0, 0, 2], [0, 2, 1]]))
    return album


def test_what_is_noted_is_counted() -> None:
    album = Album(LABELS, networks=2)
    assert (album.named, album.accuracy(0)) == (0, (0, 0))
    album.note(np.array([[0, 2, 2], [0, 1, 2]]))
    assert album.named == 3
    assert album.accuracy(0) == (2, 3)
    assert album.accuracy(1) == (3, 3)
    assert noted().named == len(noted()) == 6
    assert np.flatnonzero(noted().wrong[1]).tolist() == [4, 5]


def test_steps_end_at_the_ends() -> None:
    album = Album(LABELS, networks=1)
    assert not album.step(-1)
    assert [album.step(2), album.position] == [True, 2]
    assert [album.step(100), album.position] == [True, 5]
    assert not album.step(1)
    assert [album.step(-2), album.position] == [True, 3]


def test_only_wrong_ones() -> None:
    album = noted()
    album.position = 2
    assert album.toggle_wrong()
    assert album.position == 4  # the next one
    assert [album.step(1), album.position] == [True, 5]
    assert not album.step(1)
    assert [album.step(-2), album.position] == [True, 1]
    assert album.toggle_wrong()
    assert [album.step(1), album.position] == [True, 2]


def test_from_beyond_the_last_wrong_one_it_goes_to_the_first() -> None:
    album = Album(LABELS, networks=1)
    album.note(np.array([[1, 1, 2, 0, 1, 2]]))
    album.position = 3
    assert [album.toggle_wrong(), album.position] == [True, 0]


def test_without_wrong_ones_it_stays_at_all() -> None:
    album = Album([UNKNOWN] * 3, networks=1)
    album.note(np.array([[0, 1, 2]]))  # nobody knows whether that is right
    assert album.accuracy(0) == (0, 0)
    assert not album.toggle_wrong()
    assert not album.only_wrong


def test_pictures_around_the_position() -> None:
    album = noted()
    assert album.around(3) == [0, 1, 2]
    album.position = 3
    assert album.around(3) == [2, 3, 4]
    assert album.around(4) == [1, 2, 3, 4]
    album.position = 5
    assert album.around(3) == [3, 4, 5]
    assert album.around(9) == [0, 1, 2, 3, 4, 5]
    album.toggle_wrong()
    assert album.around(2) == [4, 5]
    assert album.around(9) == [1, 4, 5]


@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 2)), min_size=1), st.data())
def test_steps_through_wrong_ones_visit_each_once(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    labels, named = np.array(pairs).T
    album = Album(labels, networks=1)
    album.note(named[None])
    wrong = [i for i, (label, given) in enumerate(pairs) if UNKNOWN not in (label, given) and label != given]
    album.position = data.draw(st.integers(0, len(pairs) - 1))
    if not album.toggle_wrong():
        assert not wrong
        return
    while album.step(-1):
        pass
    visited = [album.position]
    while album.step(1):
        visited.append(album.position)
    assert visited == wrong
