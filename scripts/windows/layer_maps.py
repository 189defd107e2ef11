"""What the layers of a network answer, drawn one below the other."""

from collections.abc import Sequence

from pygame import Rect

from scripts.common.feature_maps import FeatureMaps
from scripts.ui.canvas import SMALL, Canvas
from scripts.ui.layout import rows, take_top
from scripts.ui.pictures import maps


def draw_layers(canvas: Canvas, area: Rect, layers: Sequence[FeatureMaps]) -> None:
    """The maps of each layer under a line that names it; convolutions get more room than dense layers.

    Maps of whole pixels seldom fill their part: what one layer leaves is for those below it.
    """
    shares = [3.0 if layer.maps.shape[1] > 1 else 1.0 for layer in layers]
    for number, layer in enumerate(layers):
        part, *_ = rows(area, shares[number:], canvas.gap)
        C, H, W = layer.maps.shape
        count = f"{C} maps of {H} x {W}" if H > 1 else f"{C} units"
        line, below = take_top(part, canvas.line_height(SMALL))
        canvas.text(f"{layer.name}: {count}", line, size=SMALL, colour=canvas.theme.quiet)
        places = maps(canvas, below, layer.maps)
        bottom = max((place.bottom for place in places), default=part.bottom)
        _, area = take_top(area, bottom - area.y, canvas.gap)
