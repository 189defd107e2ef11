"""A small toolkit for windows: a window is its state, its keys and one function that draws it anew for each frame.

    app.py       opens the window, takes events, draws frames; `View` is what a script writes
    keys.py      which key does what, declared once; the help is made from it
    canvas.py    what is drawn on: texts, boxes and pictures, in the theme's colours at the window's size
    theme.py     all colours
    layout.py    cuts areas into parts
    widgets.py   buttons, sliders, choices and text fields
    charts.py    bars and curves
    pictures.py  arrays as pictures
    pointer.py   mouse and keyboard, as widgets see them
    worker.py    computes beside the window

pygame is imported here and nowhere else among the scripts, which import this package where they need a window.
"""

import os

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # it would print a greeting
try:
    import pygame  # noqa: F401  looked for here, so that one line says what to install
except ImportError:
    raise RuntimeError('a window needs pygame, which is not installed; run: pip install "snake-env[render]"') from None
