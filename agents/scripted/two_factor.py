"""Searching a Hamiltonian cycle: loops that together cover all cells, merged until one is left.

A cycle links each cell to two others, and so does any set of loops that covers the cells (a 2-factor). Loops are easy
to find where cells are black and white and links join the two: they are a flow. So this is branch and bound with loops
as the relaxation, as for the travelling salesman (Bellmore and Malone, "Pathology of traveling-salesman
subtour-elimination algorithms", Operations Research 19, 1971):

1. Cover the cells with loops, by augmenting paths. If that fails, there is no cycle.
2. Merge loops where two links of theirs are the sides of a square: `| |` becomes `=`.
3. If several are left, any cycle leaves the smallest of them by some link. Try each in turn: force it, forbid those
   tried before it, and go on from 1.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Link = tuple[int, int]  # two cells, the smaller number first
Square = tuple[int, int, int, int]  # four cells, each beside the next and the last beside the first


class OutOfBudgetError(Exception):
    """The search was cut short: whether there is a cycle is not known."""


@dataclass
class Cover:
    """Links between black and white cells, at most two a cell; loops once every cell has two.

    Attributes:
        beside: the cells of the other colour that each cell can be linked to.
        links: the cells that each cell is linked to.
        forced: links that stay; they may also join cells of one colour.
        forbidden: links that are not made.
    """

    beside: Sequence[Sequence[int]]
    links: list[set[int]]
    forced: set[Link] = field(default_factory=set)
    forbidden: set[Link] = field(default_factory=set)

    def link(self, a: int, b: int) -> None:
        """Link two cells."""
        self.links[a].add(b)
        self.links[b].add(a)

    def unlink(self, a: int, b: int) -> None:
        """Take a link away."""
        self.links[a].remove(b)
        self.links[b].remove(a)

    def augment(self, start: int) -> bool:
        """Give a cell that lacks a link one more.

        Follows a path that alternates between links to make and links to take away, from `start` to a cell of the other
        colour that lacks a link too. If there is none, no cover has as many links (Berge 1957).
        """
        came_from = {start: -1}
        queue = deque([start])
        while queue:
            cell = queue.popleft()
            for other in self.beside[cell]:
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

    def branch(self, link: Link, forbidden: Iterable[Link]) -> "Cover | None":
        """Loops under this cover's limits that have one more link and lack others; None if there are none.

        This cover has none of these links.
        """
        links = [set(linked) for linked in self.links]
        new = Cover(self.beside, links, {*self.forced, link}, {*self.forbidden, *forbidden})
        lacking = []
        for cell in link:
            dropped = [other for other in self.links[cell] if link_of(cell, other) not in self.forced]
            if not dropped:
                return None
            new.unlink(cell, dropped[0])
            lacking.append(dropped[0])
        new.link(*link)
        return new if new.augment(lacking[0]) else None

    def loops(self) -> list[list[int]]:
        """The cells of each loop, in order."""
        loops, seen = [], set()
        for start, linked in enumerate(self.links):
            if start in seen or not linked:
                continue
            loop = [start]
            seen.add(start)
            while ahead := [cell for cell in self.links[loop[-1]] if cell not in seen]:
                loop.append(ahead[0])
                seen.add(ahead[0])
            loops.append(loop)
        return loops

    def merge(self, squares: Sequence[Square]) -> None:
        """Exchange opposite sides of squares for the two others wherever that joins two loops."""
        loops = self.loops()
        loop_of = {cell: number for number, loop in enumerate(loops) for cell in loop}
        parent = list(range(len(loops)))  # for a loop that was merged, one that it was merged into

        def root(cell: int) -> int:
            number = loop_of[cell]
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
    """The link between two cells."""
    return (a, b) if a < b else (b, a)


def search_cycle(
    beside: Sequence[Sequence[int]],
    black: Sequence[int],
    squares: Sequence[Square],
    fixed: Iterable[Link] = (),
    *,
    budget: int,
) -> list[int] | None:
    """A cycle through all cells that have a neighbour, or None if there is none.

    Args:
        beside: the cells of the other colour beside each cell.
        black: the cells of one colour; they lack as many links in all as those of the other, with the fixed ones made.
        squares: where links can be exchanged.
        fixed: links between cells of one colour that the cycle must have.
        budget: branches that are looked at.

    Raises:
        OutOfBudgetError: the budget is used up.
    """
    first = Cover(beside, [set() for _ in beside], set(fixed))
    for link in first.forced:
        first.link(*link)
    for cell in black:
        while len(first.links[cell]) < 2:
            if not first.augment(cell):
                return None
    # Branches to look at: a cover, the link to force on it, and links to forbid.
    waiting: list[tuple[Cover, Link | None, list[Link]]] = [(first, None, [])]
    while waiting:
        parent, forced, forbidden = waiting.pop()
        if budget == 0:
            raise OutOfBudgetError
        budget -= 1
        cover = parent if forced is None else parent.branch(forced, forbidden)
        if cover is None:
            continue
        cover.merge(squares)
        loops = cover.loops()
        if len(loops) == 1:
            return loops[0]
        ways = min((_ways_out(loop, cover) for loop in loops), key=len)
        # A cycle that leaves a loop comes back: the last way out alone is not enough.
        waiting += [(cover, ways[i], ways[:i]) for i in reversed(range(len(ways) - 1))]
    return None


def _ways_out(loop: list[int], cover: Cover) -> list[Link]:
    inside = set(loop)
    ways = [link_of(cell, other) for cell in loop for other in cover.beside[cell] if other not in inside]
    return [way for way in ways if way not in cover.forbidden]
