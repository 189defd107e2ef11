"""The panel beside a game: its figures, what the network wants, what it sees, and what its layers answer."""

import numpy as np
from pygame import Rect

from scripts.games.agent_analysis import Opinion, plane_names
from scripts.games.playback_match import Game, Moment, ending_of
from scripts.ui.canvas import SMALL, TITLE, Canvas
from scripts.ui.charts import Bar, bars
from scripts.ui.layout import columns, rows, take_top
from scripts.ui.pictures import maps, picture
from scripts.windows.analysis_worker import Thought
from scripts.windows.layer_maps import draw_layers
from snake_env.observations.features import OVERALL, PER_ACTION

HEADINGS = {"probability": "probability of each action", "value": "return it expects", "score": "score of each action"}


def draw_panel(canvas: Canvas, area: Rect, game: Game, position: int, thought: Thought | None) -> None:
    """Draw the panel of one game: its parts side by side where there is room, else one below the other.

    Args:
        canvas: to draw on.
        area: where.
        game: which is shown.
        position: after how many moves.
        thought: the latest of the agent; a fast game may be ahead of it. None before the first.
    """
    opinion, about = (thought.opinion, thought.position) if thought else (None, position)
    moment, actions = game.moment(position), len(game.rules.action_names)
    layers = opinion.layers if opinion else []
    least = 6 * canvas.unit  # in a small window, what has no room is left out
    if area.width > max(48 * canvas.unit, area.height):
        first, *others = columns(area, [1, 1.1, 1.5] if layers else [1, 1.6], canvas.gap)
        parts = [*take_top(first, 6.6 * canvas.unit, canvas.gap), *others]
    else:
        figures, area = take_top(area, 6.6 * canvas.unit, canvas.gap)
        wants, area = take_top(area, (3.4 + 1.7 * actions) * canvas.unit, canvas.gap)
        both = layers and area.height > 3 * least + canvas.gap
        parts = [figures, wants, *rows(area, [1, 2] if both else [1], canvas.gap)]
    figures = canvas.panel(parts[0], game.name, ending_of(moment.state, game.rules))
    _draw_figures(canvas, figures, game, position, moment)
    _draw_wants(canvas, parts[1], game, about, game.moment(about), opinion)
    if parts[2].height > least:
        _draw_sight(canvas, parts[2], game, moment)
    if len(parts) > 3:
        draw_layers(canvas, canvas.panel(parts[3], "feature maps"), layers)


def _draw_figures(canvas: Canvas, area: Rect, game: Game, position: int, moment: Moment) -> None:
    state, limit = moment.state, game.rules.steps_to_starve
    hunger = int(state.hunger[0])
    figures = {
        "score": f"{state.score[0]}",
        "length": f"{state.length[0]}",
        "steps": f"{min(position, len(game.actions))}",
        "hunger": f"{hunger} / {limit}",
    }
    for part, (name, figure) in zip(columns(area, [1, 1, 1, 1.5], canvas.gap), figures.items(), strict=True):
        label, rest = take_top(part, canvas.line_height(SMALL))
        canvas.text(name, label, size=SMALL, colour=canvas.theme.quiet)
        number, rest = take_top(rest, 1.9 * canvas.unit)
        canvas.text(
            figure,
            number,
            size=TITLE if canvas.width(figure, size=TITLE, bold=True) <= part.width else SMALL,
            bold=True,
        )
        if name == "hunger":
            track = Rect(part.x, number.bottom, part.width, max(3, canvas.unit // 4))
            canvas.box(track, canvas.theme.raised, radius=0.2)
            colour = canvas.theme.bad if 2 * hunger > limit else canvas.theme.accent
            canvas.box(
                Rect(track.x, track.y, round(track.width * min(hunger / limit, 1)), track.height), colour, radius=0.2
            )


def _draw_wants(canvas: Canvas, area: Rect, game: Game, position: int, moment: Moment, opinion: Opinion | None) -> None:
    silent = "the agent of this replay is not here" if game.agent is None else "follows a rule, no network"
    inside = canvas.panel(area, "what it wants", HEADINGS[opinion.meaning] if opinion else silent)
    taken = game.actions[position] if position < len(game.actions) else None
    names, mask = game.rules.action_names, moment.mask
    wants = np.zeros(len(names)) if opinion is None else opinion.wants
    percent = opinion is not None and opinion.meaning == "probability"
    shown = [
        Bar(
            name,
            float(want) if opinion or action != taken else 1.0,
            "kills" if not allowed else "" if opinion is None else f"{want:.1%}" if percent else f"{want:+.2f}",
            marked=action == taken,
            disabled=not allowed,
        )
        for action, (name, want, allowed) in enumerate(zip(names, wants, mask, strict=True))
    ]
    largest = 1.0 if percent or opinion is None else float(np.abs(wants).max()) or 1.0
    bars(canvas, inside, shown, low=min(0.0, float(wants.min())), high=largest)


def _draw_sight(canvas: Canvas, area: Rect, game: Game, moment: Moment) -> None:
    seen = moment.observation
    if seen.ndim == 1:
        _draw_features(canvas, canvas.panel(area, "what it sees", "features of each move"), game, seen)
    elif seen.dtype == np.uint8 and seen.shape[-1] == 3 and seen.shape[0] > 4:
        picture(canvas, canvas.panel(area, "what it sees", "the picture"), seen)
    else:
        C, H, W = seen.shape
        names = plane_names(game.environment.get("observation", "planes"))
        names = names if len(names) == C else ()
        inside = canvas.panel(area, "what it sees")
        places = maps(canvas, inside, seen, names=names, largest=float(np.iinfo(seen.dtype).max))
        under = Rect(canvas.pointer.position, (1, 1)).collidelist(places)  # the plane that the mouse points at
        words = names[under] if under >= 0 and names else f"{C} planes of {H} x {W}"
        canvas.aside(area, words, beside="what it sees")


def _draw_features(
    canvas: Canvas, area: Rect, game: Game, seen: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
) -> None:
    """A table: a row for each feature, a column for each action, and the shade of a cell is the number."""
    names, K = game.rules.action_names, len(PER_ACTION)
    table = seen[: len(names) * K].reshape(len(names), K)
    overall = seen[len(names) * K :]
    lines = rows(area, [1.0] * (1 + K + len(overall)))
    written = lines[0].height >= 0.9 * canvas.unit
    label = 7 * canvas.unit if written else 0

    def cells(line: Rect, count: int) -> list[Rect]:
        return columns(Rect(line.x + label, line.y, line.width - label, line.height - 1), [1.0] * count, 2)

    for name, cell in zip(names, cells(lines[0], len(names)), strict=True):
        canvas.text(name, cell, size=SMALL, colour=canvas.theme.quiet, align="centre")
    contents = [*zip(PER_ACTION, table.T, strict=True), *((n, v[None]) for n, v in zip(OVERALL, overall, strict=True))]
    for (name, values), line in zip(contents, lines[1:], strict=True):
        if written:
            canvas.text(name.replace("_", " "), Rect(line.x, line.y, label, line.height), size=SMALL)
        for value, cell in zip(values, cells(line, len(values)), strict=True):
            canvas.box(cell, canvas.theme.low, radius=0)
            canvas.box(Rect(cell.x, cell.y, round(cell.width * float(value)), cell.height), canvas.theme.high, radius=0)
