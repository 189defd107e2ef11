"""Helpers for the tests of windows."""
