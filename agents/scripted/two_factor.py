"""Search for a Hamiltonian cycle: cycles that together cover all cells are merged until one is left.

A Hamiltonian cycle links each cell to two others. A 2-factor does so too, but may consist of several cycles. It is easy
to find if links connect black with white cells, by augmenting paths. So the search is branch and bound with 2-factors
as the relaxation, as for the travelling salesman problem (Bellmore and Malone, "Pathology of traveling-salesman
subtour-elimination algorithms", Operations Research 19, 1971):

1. Find a 2-factor by augmenting paths. If there is none, there is no Hamiltonian cycle.
2. Merge cycles that have opposite sides of a square of cells: `| |` becomes `=`.
3. If several cycles are left, every Hamiltonian cycle leaves the smallest of them by some link. Branch over these
   links: force one, forbid those of the branches before, and continue with 1.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Link = tuple[int, int]  # two cells, the smaller number first
Square = tuple[int, int, int, int]  # four cells, each adjacent to the next and the last to the first


class OutOfBudgetError(Exception):
    """The search was stopped by its budget: whether there is a cycle is not known."""


@dataclass
class TwoFactor:
    """A 2-factor under construction: links between black and white cells, at most two for each cell.

    Once every cell has two links, they form cycles.

    Attributes:
        adjacent: the cells of the other colour that each cell can be linked to.
        links: the cells that each cell is linked to.
        forced: links that cannot be removed; they may also connect cells of one colour.
        forbidden: links that cannot be added.
    """

    adjacent: Sequence[Sequence[int]]
    links: list[set[int]]
    forced: set[Link] = field(default_factory=set)
    forbidden: set[Link] = field(default_factory=set)

    def link(self, a: int, b: int) -> None:
        """Link two cells."""
        self.links[a].add(b)
        self.links[b].add(a)

    def unlink(self, a: int, b: int) -> None:
        """Remove the link between two cells."""
        self.links[a].remove(b)
        self.links[b].remove(a)

    def augment(self, start: int) -> bool:
        """Add a link to a cell that lacks one, and return whether this was possible.

        Searches for an augmenting path, on which links to add and links to remove alternate, from `start` to a cell of
        the other colour that lacks a link too. If there is none, no more links are possible (Berge 1957).
        """
        came_from = {start: -1}
        queue = deque([start])
        while queue:
            cell = queue.popleft()
            for other in self.adjacent[cell]:
                if other in came_from or other in self.links[cell] or link_of(cell, other) in self.forbidden:
                    continue
                came_from[other] = cell
                if len(self.links[other]) < 2:
                    while True:
                        cell = came_from[other]
                        self.link(cell, other)
                        if cell == start:
                            return True
                        other = came_from[cell]
                        self.unlink(cell, other)
                for third in self.links[other]:
                    if third not in came_from and link_of(other, third) not in self.forced:
                        came_from[third] = other
                        queue.append(third)
        return False

    def branch(self, link: Link, forbidden: Iterable[Link]) -> "TwoFactor | None":
        """Return a 2-factor with one more forced link and more forbidden ones, or None if there is none.

        Args:
            link: to force; this 2-factor does not have it.
            forbidden: links to forbid; this 2-factor has none of them.
        """
        links = [set(linked) for linked in self.links]
        new = TwoFactor(self.adjacent, links, {*self.forced, link}, {*self.forbidden, *forbidden})
        lacking = []
        for cell in link:
            dropped = [other for other in self.links[cell] if link_of(cell, other) not in self.forced]
            if not dropped:
                return None
            new.unlink(cell, dropped[0])
            lacking.append(dropped[0])
        new.link(*link)
        return new if new.augment(lacking[0]) else None

    def cycles(self) -> list[list[int]]:
        """Return the cells of each cycle, in order."""
        cycles, seen = [], set()
        for start, linked in enumerate(self.links):
            if start in seen or not linked:
                continue
            cycle = [start]
            seen.add(start)
            while ahead := [cell for cell in self.links[cycle[-1]] if cell not in seen]:
                cycle.append(ahead[0])
                seen.add(ahead[0])
            cycles.append(cycle)
        return cycles

    def merge(self, squares: Sequence[Square]) -> None:
        """Replace two opposite sides of a square by the two others wherever that joins two cycles."""
        cycles = self.cycles()
        cycle_of = {cell: number for number, cycle in enumerate(cycles) for cell in cycle}
        parent = list(range(len(cycles)))  # of a cycle that was merged: a cycle that it was merged into

        def root(cell: int) -> int:
            number = cycle_of[cell]
            while parent[number] != number:
                number = parent[number]
            return number

        merged = True
        while merged:
            merged = False
            for a, b, c, d in squares:
                for p, q, r, s in ((a, b, c, d), (b, c, d, a)):
                    if q not in self.links[p] or s not in self.links[r] or root(p) == root(r):
                        continue
                    old, new = (link_of(p, q), link_of(r, s)), (link_of(q, r), link_of(s, p))
                    if self.forced.isdisjoint(old) and self.forbidden.isdisjoint(new):
                        parent[root(p)] = root(r)
                        for pair in old:
                            self.unlink(*pair)
                        for pair in new:
                            self.link(*pair)
                        merged = True


def link_of(a: int, b: int) -> Link:
    """Return the link between two cells."""
    return (a, b) if a < b else (b, a)


def search_cycle(
    adjacent: Sequence[Sequence[int]],
    black: Sequence[int],
    squares: Sequence[Square],
    fixed: Iterable[Link] = (),
    *,
    budget: int,
) -> list[int] | None:
    """Return a cycle through all cells that have a neighbour, or None if there is none.

    Args:
        adjacent: the cells of the other colour that are adjacent to each cell.
        black: the cells of one colour. With the fixed links, they must lack as many links in all as the other cells.
        squares: where links can be exchanged.
        fixed: links between cells of one colour that the cycle must have.
        budget: maximum number of branches.

    Raises:
        OutOfBudgetError: the budget is used up.
    """
    first = TwoFactor(adjacent, [set() for _ in adjacent], set(fixed))
    for link in first.forced:
        first.link(*link)
    for cell in black:
        while len(first.links[cell]) < 2:
            if not first.augment(cell):
                return None
    # Branches to visit: a 2-factor, the link to force, and the links to forbid.
    waiting: list[tuple[TwoFactor, Link | None, list[Link]]] = [(first, None, [])]
    while waiting:
        parent, forced, forbidden = waiting.pop()
        if budget == 0:
            raise OutOfBudgetError
        budget -= 1
        factor = parent if forced is None else parent.branch(forced, forbidden)
        if factor is None:
            continue
        factor.merge(squares)
        cycles = factor.cycles()
        if len(cycles) == 1:
            return cycles[0]
        exits = min((_exits(cycle, factor) for cycle in cycles), key=len)
        # A Hamiltonian cycle that leaves a cycle comes back by another link: the last one alone is not enough.
        waiting += [(factor, exits[i], exits[:i]) for i in reversed(range(len(exits) - 1))]
    return None


def _exits(cycle: list[int], factor: TwoFactor) -> list[Link]:
    """Return the links from a cycle to cells outside of it that are not forbidden."""
    inside = set(cycle)
    exits = [link_of(cell, other) for cell in cycle for other in factor.adjacent[cell] if other not in inside]
    return [link for link in exits if link not in factor.forbidden]
