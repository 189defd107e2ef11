"""Observations: each module maps a state of N games to an array (N, ...); `registry` builds them by name."""
