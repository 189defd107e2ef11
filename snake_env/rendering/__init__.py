"""Pictures and text of a board, in NumPy; `window` alone needs pygame."""
