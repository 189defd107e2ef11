"""The layers: each file shows one formula, forward and backward."""
