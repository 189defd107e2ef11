"""Immediate-mode toolkit for windows: a window has state, keys, and a method that draws each frame from scratch.

    app.py       opens the window, handles events, draws frames; a window is a subclass of `View`
    keys.py      key bindings, from which the help is made
    canvas.py    draws text and boxes, in the colours of the theme and at the size of the window
    theme.py     all colours
    layout.py    splits areas
    widgets.py   buttons, sliders, choices and text fields
    charts.py    bars and lines
    pictures.py  images, and grids of feature maps
    pointer.py   state of mouse and keyboard for the widgets
    background_worker.py  computes in a thread

Of the scripts, only this package and `scripts.windows` import pygame (a contract of import-linter in pyproject.toml).
The commands import both only when they open a window, so that pygame is needed for nothing else.
"""

import os

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # pygame would print a greeting
try:
    import pygame  # noqa: F401  only to say in one line what to install
except ImportError:
    raise RuntimeError(
        'a window needs pygame, which is not installed; run: pip install "gymnasium-snake[render]"'
    ) from None
