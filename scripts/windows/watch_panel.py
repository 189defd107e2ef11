"""The panel beside a game: its figures, the agent's action scores, the observation, and the feature maps."""

import numpy as np
from pygame import Rect

from scripts.games.agent_analysis import AgentAnalysis
from scripts.games.episode import ENDING_LABELS
from scripts.games.playback_game import PlaybackGame
from scripts.ui.canvas import SMALL, TITLE, Canvas
from scripts.ui.charts import Bar, bars
from scripts.ui.layout import columns, rows, take_top
from scripts.windows.analysis_worker import PositionAnalysis
from scripts.windows.layer_maps import draw_layers
from scripts.windows.observation_panel import draw_observation

SCORE_KIND_LABELS = {"probability": "probabilities", "value": "expected returns", "score": "no unit"}


def draw_panel(canvas: Canvas, area: Rect, game: PlaybackGame, position: int, latest: PositionAnalysis | None) -> None:
    """Draw the panel of one game: its parts side by side where there is room, else one below the other.

    Args:
        canvas: to draw on.
        area: of the panel.
        game: that is shown.
        position: after how many moves.
        latest: analysis of the game; None before the first. It may be of an earlier position, as a fast game moves on
            while the analysis runs.
    """
    analysis, analysed = (latest.analysis, latest.position) if latest else (None, position)
    actions = len(game.rules.action_names)
    layers = analysis.layers if analysis else []
    min_height = 6 * canvas.unit  # lower parts are left out
    if area.width > max(48 * canvas.unit, area.height):
        first, *others = columns(area, [1, 1.1, 1.5] if layers else [1, 1.6], canvas.gap)
        parts = [*take_top(first, 6.6 * canvas.unit, canvas.gap), *others]
    else:
        figures, area = take_top(area, 6.6 * canvas.unit, canvas.gap)
        scores, area = take_top(area, (3.4 + 1.7 * actions) * canvas.unit, canvas.gap)
        both = layers and area.height > 3 * min_height + canvas.gap
        parts = [figures, scores, *rows(area, [1, 2] if both else [1], canvas.gap)]
    figures = canvas.panel(parts[0], game.name, ENDING_LABELS[game.timestep(position).ending])
    _draw_figures(canvas, figures, game, position)
    _draw_action_scores(canvas, parts[1], game, analysed, analysis)
    if parts[2].height > min_height:
        draw_observation(canvas, parts[2], game, game.timestep(position).observation)
    if len(parts) > 3:
        draw_layers(canvas, canvas.panel(parts[3], "feature maps"), layers)


def _draw_figures(canvas: Canvas, area: Rect, game: PlaybackGame, position: int) -> None:
    state, limit = game.timestep(position).state, game.rules.steps_to_starve
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
        size = TITLE if canvas.width(figure, size=TITLE, bold=True) <= part.width else SMALL
        canvas.text(figure, number, size=size, bold=True)
        if name == "hunger":
            track = Rect(part.x, number.bottom, part.width, max(3, canvas.unit // 4))
            canvas.box(track, canvas.theme.raised, radius=0.2)
            colour = canvas.theme.bad if 2 * hunger > limit else canvas.theme.accent
            track.width = round(track.width * min(hunger / limit, 1))
            canvas.box(track, colour, radius=0.2)


def _draw_action_scores(
    canvas: Canvas, area: Rect, game: PlaybackGame, position: int, analysis: AgentAnalysis | None
) -> None:
    """Draw a bar for each action; the action that was played is marked, those that kill are hatched."""
    without = "agent not found" if game.agent is None else "scripted, no scores"
    kind = SCORE_KIND_LABELS[analysis.score_kind] if analysis else without
    inside = canvas.panel(area, "action scores", kind)
    taken = game.actions[position] if position < len(game.actions) else None
    names, mask = game.rules.action_names, game.timestep(position).action_mask
    scores = np.zeros(len(names)) if analysis is None else analysis.action_scores
    percent = analysis is not None and analysis.score_kind == "probability"
    shown = [
        Bar(
            name,
            float(score) if analysis or action != taken else 1.0,
            "kills" if not allowed else "" if analysis is None else f"{score:.1%}" if percent else f"{score:+.2f}",
            marked=action == taken,
            disabled=not allowed,
        )
        for action, (name, score, allowed) in enumerate(zip(names, scores, mask, strict=True))
    ]
    largest = 1.0 if percent or analysis is None else float(np.abs(scores).max()) or 1.0
    bars(canvas, inside, shown, low=min(0.0, float(scores.min())), high=largest)
