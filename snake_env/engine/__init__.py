"""The game: rules, starting positions, random numbers, and the two engines, for one game and for N games."""
