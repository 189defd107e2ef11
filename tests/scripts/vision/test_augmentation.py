"""Augmentation against images computed pixel by pixel, and what must hold for every random change."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from scripts.vision.augmentation import DigitAugmentation, Normalisation, PhotoAugmentation, shifted_views, warp

NONE: dict[str, Any] = {"rotation": 0.0, "scale": 0.0, "shear": 0.0, "shift": 0.0}


def digits(B: int, H: int = 7, W: int = 9, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (B, H, W), dtype=np.uint8)


def photos(B: int, H: int = 8, W: int = 10, C: int = 3, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (B, H, W, C), dtype=np.uint8)


def bilinear(image: NDArray[np.uint8], row: float, column: float) -> float:
    """The value between pixels, one corner after another; 0 outside."""
    total = 0.0
    for r in (math.floor(row), math.floor(row) + 1):
        for c in (math.floor(column), math.floor(column) + 1):
            if 0 <= r < image.shape[0] and 0 <= c < image.shape[1]:
                total += (1 - abs(row - r)) * (1 - abs(column - c)) * int(image[r, c])
    return total / 255


@pytest.mark.parametrize(("B", "M"), [(1, 1), (6, 3), (7, 3), (5, 5)])
def test_warping_is_bilinear_interpolation_by_group(B: int, M: int) -> None:
    images = digits(B)
    H, W = images.shape[1:]
    sixteenths = np.random.default_rng(1).integers(-3 * 16, 12 * 16, (M, 2, H, W))  # what `warp` rounds to
    sources = (sixteenths / 16).astype(np.float32)
    seen = warp(images, sources)
    assert seen.shape == (B, 1, H, W)
    assert seen.dtype == np.float32
    for b in range(B):
        source = sources[b // -(-B // M)]
        for r in range(H):
            for c in range(W):
                assert seen[b, 0, r, c] == pytest.approx(bilinear(images[b], *source[:, r, c]), abs=1e-6)


def test_places_far_outside_are_black() -> None:
    sources = np.full((1, 2, 7, 9), 1e6, np.float32)
    assert not warp(digits(2), sources).any()
    assert not warp(digits(2), -sources).any()


@pytest.mark.parametrize("B", [1, 5, 32])
def test_no_change_gives_the_digits_themselves(B: int) -> None:
    images = digits(B)
    seen = DigitAugmentation(**NONE, group=4)(images, np.random.default_rng(0))
    np.testing.assert_allclose(seen[:, 0], images / 255, atol=1e-7)


def affine(angle: float, shear: float, scales: tuple[float, float]) -> NDArray[np.float64]:
    """Where (row, column) offsets from the centre go, written out."""
    (a, b), sine, cosine = scales, math.sin(angle), math.cos(angle)
    return np.array([[cosine * a - sine * shear * a, -sine * b], [sine * a + cosine * shear * a, cosine * b]])


def test_every_map_is_undone_by_the_change_it_describes() -> None:
    """From the drawn numbers, drawn again in the same order: what is seen at A (p - centre) + centre + shift is p."""
    augmentation = DigitAugmentation(rotation=30, scale=0.3, shear=0.4, shift=3)
    H, W, M = 11, 14, 5
    sources = augmentation.sources(M, H, W, np.random.default_rng(3)).astype(np.float64)
    rng = np.random.default_rng(3)
    angles = np.radians(rng.uniform(-30, 30, M))
    shears = rng.uniform(-0.4, 0.4, M)
    scales = rng.uniform(0.7, 1.3, (M, 1, 2))[:, 0]
    shifts = rng.uniform(-3, 3, (M, 2, 1))[:, :, 0]
    centre = np.array([(H - 1) / 2, (W - 1) / 2])
    for m in range(M):
        A = affine(angles[m], shears[m], tuple(scales[m]))
        for r, c in ((0, 0), (3, 7), (10, 13)):
            there = A @ (sources[m, :, r, c] - centre) + centre + shifts[m]
            np.testing.assert_allclose(there, (r, c), atol=1e-4)


def test_a_shift_by_whole_pixels_moves_the_image() -> None:
    images = digits(3)
    grid = np.indices((7, 9), dtype=np.float32)
    seen = warp(images, (grid - np.array([2, -1], np.float32)[:, None, None])[None])
    np.testing.assert_allclose(seen[:, 0, 2:, :-1], images[:, :-2, 1:] / 255, atol=1e-7)
    assert not seen[:, 0, :2].any()
    assert not seen[:, 0, :, -1].any()


def test_distortions_have_the_given_size_and_are_smooth() -> None:
    grid = np.indices((28, 28), dtype=np.float32)
    bent = DigitAugmentation(**NONE, elastic=0.7).sources(500, 28, 28, np.random.default_rng(0)) - grid
    assert bent.std(axis=(0, 1)) == pytest.approx(0.7, rel=0.1)
    assert np.abs(np.diff(bent, axis=-1)).max() < 0.7  # neighbours never change places


def test_the_same_generator_gives_the_same_digits() -> None:
    images = digits(20)
    augment = DigitAugmentation(elastic=1)
    first, again, other = (augment(images, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_impossible_settings_are_refused() -> None:
    for wrong in ({"group": 0}, {"shift": -1.0}, {"scale": 1.0}, {"rotation": np.nan}, {"elastic": np.inf}):
        with pytest.raises(ValueError, match="needs numbers from 0 to 1000, a scale below 1 and a group of 1 or more"):
            DigitAugmentation(**wrong)
    for wrong in ({"shift": -1}, {"zoom": 1.5}, {"brightness": np.nan}, {"contrast": np.inf}):
        with pytest.raises(ValueError, match="needs numbers from 0 to 1000 and a zoom below 1"):
            PhotoAugmentation(normalisation=Normalisation(), **wrong)


@pytest.mark.parametrize("kind", ["digits", "photos", "plain"])
def test_memory_is_batch_innermost(kind: str) -> None:
    rng = np.random.default_rng(0)
    images = digits(6) if kind == "digits" else photos(6)
    if kind == "digits":
        x = DigitAugmentation()(images, rng)
    elif kind == "photos":
        x = PhotoAugmentation(normalisation=Normalisation.of(images))(images, rng)
    else:
        x = Normalisation.of(images)(images)
    assert x.dtype == np.float32
    assert x.transpose(2, 1, 3, 0).flags.c_contiguous


def test_normalisation_is_its_formula_and_gives_mean_0_and_deviation_1() -> None:
    images = photos(4)
    normalisation = Normalisation.of(images)
    x = normalisation(images)
    expected = (images / 255 - np.array(normalisation.mean)) / np.array(normalisation.std)
    np.testing.assert_allclose(x, expected.transpose(0, 3, 1, 2), atol=1e-5)
    np.testing.assert_allclose(x.mean(axis=(0, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(x.std(axis=(0, 2, 3)), 1, atol=1e-5)


def test_digits_keep_a_black_of_0() -> None:
    images = digits(2)
    np.testing.assert_allclose(Normalisation()(images)[:, 0], images / 255, atol=1e-7)


def test_images_of_one_colour_can_be_normalised() -> None:
    assert np.isfinite(Normalisation.of(np.full((2, 4, 4, 3), 7, np.uint8))(photos(2))).all()


PLAIN = Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
STILL: dict[str, Any] = {"flip": False, "shift": 0, "zoom": 0.0, "cutout": 0, "contrast": 0.0, "brightness": 0.0}


def test_no_change_gives_the_photos_themselves() -> None:
    images = photos(5)
    augment = PhotoAugmentation(normalisation=PLAIN, **STILL)
    np.testing.assert_allclose(augment(images, np.random.default_rng(0)), images.transpose(0, 3, 1, 2) / 255, atol=1e-6)


def test_photos_are_moved_and_mirrored_and_go_on_mirrored_beyond_their_edge() -> None:
    images = photos(40)
    H, W = images.shape[1:3]
    augment = PhotoAugmentation(normalisation=PLAIN, **STILL | {"flip": True, "shift": 3})
    seen = augment(images, np.random.default_rng(0))
    padded = np.pad(images, ((0, 0), (3, 3), (3, 3), (0, 0)), mode="reflect")
    found = set()
    for b in range(40):
        for down in range(7):
            for right in range(7):
                view = padded[b, down : down + H, right : right + W].transpose(2, 0, 1) / 255
                for turned in (False, True):
                    if np.allclose(seen[b], view[:, :, ::-1] if turned else view, atol=1e-6):
                        found.add((b, down, right, turned))
    assert {b for b, *_ in found} == set(range(40))
    assert {turned for *_, turned in found} == {False, True}
    assert {down for _, down, *_ in found} == set(range(7))


def test_cutout_hides_a_square_of_the_mean_colour() -> None:
    images = photos(30)
    normalisation = Normalisation.of(images)
    augment = PhotoAugmentation(normalisation=normalisation, **STILL | {"cutout": 4})
    changed = np.abs(augment(images, np.random.default_rng(0)) - normalisation(images)).max(axis=1) > 0.02
    for hidden in changed:
        rows, columns = np.flatnonzero(hidden.any(axis=1)), np.flatnonzero(hidden.any(axis=0))
        assert 1 <= len(rows) <= 4
        assert 1 <= len(columns) <= 4
        assert np.ptp(rows) < 4
        assert np.ptp(columns) < 4
    assert 8 < changed.sum(axis=(1, 2)).max() <= 16


def test_light_changes_each_image_as_a_whole() -> None:
    images = photos(6)
    normalisation = Normalisation.of(images)
    light = {"contrast": 0.3, "brightness": 0.5}
    augment = PhotoAugmentation(normalisation=normalisation, **STILL | light)
    seen, plain = augment(images, np.random.default_rng(0)), normalisation(images)
    for b in range(6):
        slope, offset = np.polyfit(plain[b].ravel(), seen[b].ravel(), 1)
        np.testing.assert_allclose(seen[b], slope * plain[b] + offset, atol=1e-4)
        assert 0.7 <= slope <= 1.3
        assert -0.5 <= offset <= 0.5


@given(st.integers(0, 12), st.floats(0, 0.9), st.integers(0, 20), st.integers(0, 99))
def test_no_change_reaches_outside_a_photo(shift: int, zoom: float, cutout: int, seed: int) -> None:
    images = np.full((4, 6, 5, 3), 200, np.uint8)
    options = STILL | {"flip": True, "shift": shift, "zoom": zoom, "cutout": cutout}
    grey = Normalisation((200 / 255,) * 3, (1.0,) * 3)
    augment = PhotoAugmentation(normalisation=grey, **options)
    np.testing.assert_allclose(augment(images, np.random.default_rng(seed)), 0, atol=1e-6)


@pytest.mark.parametrize("colours", [False, True])
def test_views_are_the_image_and_its_shifts(colours: bool) -> None:
    images = photos(2) if colours else digits(2)
    views = shifted_views(images, 5)
    np.testing.assert_array_equal(views[0], images)
    np.testing.assert_array_equal(views[1][:, :, 1:], images[:, :, :-1])  # moved to the right
    np.testing.assert_array_equal(views[2][:, :, :-1], images[:, :, 1:])
    np.testing.assert_array_equal(views[3][:, 1:], images[:, :-1])  # moved down
    np.testing.assert_array_equal(views[4][:, :-1], images[:, 1:])
    np.testing.assert_array_equal(views[3][:, 0], images[:, 0])  # the edge is repeated


def test_views_can_be_mirrored() -> None:
    images = photos(2)
    views = shifted_views(images, 4, mirror=True)
    np.testing.assert_array_equal(views[1], images[:, :, ::-1])
    np.testing.assert_array_equal(views[3], views[2][:, :, ::-1])


@pytest.mark.parametrize("count", [0, 10])
def test_too_few_or_too_many_views_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="choose 1 to 9"):
        shifted_views(digits(1), count)
