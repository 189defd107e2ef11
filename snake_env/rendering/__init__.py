"""Rendering of a board as an image or as text, in NumPy; only `window` needs pygame."""
