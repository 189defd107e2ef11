"""What an agent sees: each module is one observation, which maps a state of N games to an array (N, ...)."""
