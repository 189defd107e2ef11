"""Benchmarks: our speed and that of other packages, measured in the same run."""
