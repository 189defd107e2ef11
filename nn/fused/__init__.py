"""Layers that do the work of two in one pass."""
