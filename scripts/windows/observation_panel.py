"""The panel with an observation: its planes, its features, or the image."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pygame import Rect

from scripts.games.playback_game import PlaybackGame
from scripts.ui.canvas import SMALL, Canvas
from scripts.ui.layout import columns, rows
from scripts.ui.pictures import maps, picture
from snake_env.observations.features import OVERALL, PER_ACTION

TITLE = "observation"
PLANES = ("head", "body", "food", "walls")  # of the observation "planes", and the first ones of "ego"


def draw_observation(canvas: Canvas, area: Rect, game: PlaybackGame, observation: NDArray[Any]) -> None:
    """Draw the observation of one position in a panel.

    Args:
        canvas: to draw on.
        area: of the panel.
        game: that the position belongs to.
        observation: without the batch axis: features (F,), an image (H', W', 3) uint8, or planes (C, H, W).
    """
    if observation.ndim == 1:
        _draw_features(canvas, canvas.panel(area, TITLE, "features of each move"), game, observation)
    elif observation.dtype == np.uint8 and observation.shape[-1] == 3 and observation.shape[0] > 4:
        picture(canvas, canvas.panel(area, TITLE, "RGB image"), observation)
    else:
        C, H, W = observation.shape
        names = plane_names(game.environment.get("observation", "planes"))
        names = names if len(names) == C else ()
        inside = canvas.panel(area, TITLE)
        places = maps(canvas, inside, observation, names=names, largest=float(np.iinfo(observation.dtype).max))
        hovered = Rect(canvas.pointer.position, (1, 1)).collidelist(places)
        words = names[hovered] if hovered >= 0 and names else f"{C} planes of {H} x {W}"
        canvas.aside(area, words, beside=TITLE)


def plane_names(observation: str | Mapping[str, Any]) -> tuple[str, ...]:
    """The names of an observation's planes (see `snake_env.observations.encoder`)."""
    moves = isinstance(observation, Mapping) and observation.get("moves", False)
    return PLANES + (tuple(name.replace("_", " ") for name in PER_ACTION + OVERALL) if moves else ())


def _draw_features(canvas: Canvas, area: Rect, game: PlaybackGame, features: NDArray[np.float32]) -> None:
    """Draw a table: a row for each feature, a column for each action, in each cell a bar as long as the number."""
    names, K = game.rules.action_names, len(PER_ACTION)
    table = features[: len(names) * K].reshape(len(names), K)
    overall = features[len(names) * K :]
    lines = rows(area, [1.0] * (1 + K + len(overall)))
    label = 7 * canvas.unit if lines[0].height >= 0.9 * canvas.unit else 0  # without labels where lines are too low

    def cells(line: Rect, count: int) -> list[Rect]:
        return columns(Rect(line.x + label, line.y, line.width - label, line.height - 1), [1.0] * count, 2)

    for name, cell in zip(names, cells(lines[0], len(names)), strict=True):
        canvas.text(name, cell, size=SMALL, colour=canvas.theme.quiet, align="centre")
    contents = [*zip(PER_ACTION, table.T, strict=True), *((n, v[None]) for n, v in zip(OVERALL, overall, strict=True))]
    for (name, values), line in zip(contents, lines[1:], strict=True):
        if label:
            canvas.text(name.replace("_", " "), Rect(line.x, line.y, label, line.height), size=SMALL)
        for value, cell in zip(values, cells(line, len(values)), strict=True):
            canvas.box(cell, canvas.theme.low, radius=0)
            canvas.box(Rect(cell.x, cell.y, round(cell.width * float(value)), cell.height), canvas.theme.high, radius=0)
