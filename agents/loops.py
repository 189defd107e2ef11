"""Searching a Hamiltonian cycle on a board with obstacles: loops that cover all cells, merged until one is left.

A cycle gives each cell two links, and so does any set of loops that together cover the board (a 2-factor). Loops are
easy to find: on a board coloured like a chess board they are a flow from black to white cells. So branch and bound, as
for the travelling salesman (Dantzig, Fulkerson and Johnson, "Solution of a large-scale traveling-salesman problem",
1954; here with branches instead of cutting planes):

1. Cover the board with loops, by augmenting paths. If that fails, there is no cycle.
2. Merge loops that run side by side:   | |  ->  === .
3. If several are left, a cycle must leave the smallest of them by some link to the rest of the board. Try each such
   link in turn: force it, forbid those tried before, and go on from 1.
"""

from dataclasses import dataclass, field

Links = list[set[int]]  # the cells that each cell is linked to
Link = tuple[int, int]  # (black, white)


class OutOfBudget(Exception):  # noqa: N818
    """The search was cut short: whether there is a cycle is not known."""


@dataclass
class _Node:
    """A part of the search: all cycles that have the forced links and none of the forbidden ones."""

    links: Links
    forced: set[Link]
    forbidden: set[Link] = field(default_factory=set)

    def copy(self) -> "_Node":
        return _Node([set(linked) for linked in self.links], set(self.forced), set(self.forbidden))


class LoopSearch:
    """The cycles of a graph that is two-coloured, but for links that every cycle must have.

    Args:
        beside: for each cell the cells of the other colour that it may be linked to; empty if it is no part of the board.
        black: for each cell whether it is black.
        fixed: links between cells of one colour that the cycle must have.
        squares: four cells around each point where four cells meet: two of their sides may be exchanged for the others.
        budget: parts of the search that are looked at.
    """
