"""Feature maps of a network's layers, drawn one layer below the other."""

from collections.abc import Sequence

from pygame import Rect

from scripts.common.feature_maps import FeatureMaps
from scripts.ui.canvas import SMALL, Canvas
from scripts.ui.layout import rows, take_top
from scripts.ui.pictures import maps


def draw_layers(canvas: Canvas, area: Rect, layers: Sequence[FeatureMaps]) -> None:
    """Draw the maps of each layer under its name; convolutions get more room than dense layers.

    Maps are scaled by integers and seldom fill their part; the room that one layer leaves goes to those below it.
    """
    shares = [3.0 if layer.maps.shape[1] > 1 else 1.0 for layer in layers]
    for number, layer in enumerate(layers):
        part, *_ = rows(area, shares[number:], canvas.gap)
        C, H, W = layer.maps.shape
        size = f"{C} x {H} x {W}" if H > 1 else f"{C} units"
        line, below = take_top(part, canvas.line_height(SMALL))
        canvas.text(f"{layer.name}: {size}", line, size=SMALL, colour=canvas.theme.quiet)
        places = maps(canvas, below, layer.maps)
        bottom = max((place.bottom for place in places), default=part.bottom)
        _, area = take_top(area, bottom - area.y, canvas.gap)
