"""The game itself: rules, starts, random numbers, and the two engines, for one game and for many."""
