"""An independent simulator of Snake for tests: a deque, a set, and the rules as the description states them.

It shares no code with the engines. It does not draw starts and food, but takes them from a state and checks that they
are legal, in `check_start` and `adopt_food`. `step` and `mask` are the game.
"""

from collections import deque

from snake_env import Rules, State
from tests.support.boards import DIRECTIONS

Cell = tuple[int, int]  # (row, col)


class Reference:
    """One game that starts from game `index` of a state; `outcome` is moved, ate, won, died or starved."""

    def __init__(self, rules: Rules, state: State, index: int) -> None:
        self.rules, self.outcome = rules, "moved"
        body = state.body[index].reshape(-1).tolist()
        order = sorted((steps, cell) for cell, steps in enumerate(body) if steps)
        self.snake: deque[Cell] = deque(divmod(cell, rules.width) for _, cell in reversed(order))  # head first
        self.direction = DIRECTIONS[state.heading[index]]
        self.obstacles = {divmod(int(cell), rules.width) for cell in state.obstacles.reshape(-1).nonzero()[0]}
        self.food = [divmod(cell, rules.width) if cell >= 0 else None for cell in state.food[index].tolist()]
        self.hunger, self.score = int(state.hunger[index]), int(state.score[index])
        self.room = rules.height * rules.width - len(self.obstacles)

    def step(self, action: int) -> None:
        """Move the snake; afterwards, `adopt_food` adds the new food."""
        self.hunger += 1
        if self.fatal(action):
            self.outcome = "died"
            return
        self.direction = self.turn(action)
        self.snake.appendleft(self.beside(self.snake[0], self.direction))
        if self.snake[0] in self.food:
            self.score, self.hunger = self.score + 1, 0
            self.outcome = "won" if len(self.snake) == self.room else "ate"
        else:
            self.snake.pop()
            limit = self.rules.hunger_limit or 2 * self.rules.height * self.rules.width
            self.outcome = "starved" if self.hunger >= limit else "moved"

    def fatal(self, action: int) -> bool:
        """Whether an action kills."""
        direction = self.turn(action)
        cell = self.beside(self.snake[0], direction)
        if len(self.snake) > 1 and direction == (-self.direction[0], -self.direction[1]):  # back into the neck
            return True
        if not (0 <= cell[0] < self.rules.height and 0 <= cell[1] < self.rules.width) or cell in self.obstacles:
            return True
        body = set(self.snake)
        if cell not in self.food:
            body.remove(self.snake[-1])  # the tail leaves in the same step
        return cell in body

    def mask(self) -> list[bool]:
        """For each action, whether the snake survives it."""
        return [not self.fatal(action) for action in range(3 if self.rules.actions == "relative" else 4)]

    def turn(self, action: int) -> Cell:
        """The direction after an action."""
        if self.rules.actions == "absolute":
            return DIRECTIONS[action]
        row, col = self.direction
        return ((-col, row), (row, col), (col, -row))[action]  # left, straight, right

    def beside(self, cell: Cell, direction: Cell) -> Cell:
        """The next cell in a direction; outside the board where a wall is in the way."""
        row, col = cell[0] + direction[0], cell[1] + direction[1]
        return (row % self.rules.height, col % self.rules.width) if self.rules.walls == "wrap" else (row, col)

    @property
    def over(self) -> bool:
        """Whether the game has ended."""
        return self.outcome in ("won", "died", "starved")

    def free(self) -> set[Cell]:
        """Cells where food can appear."""
        board = {(row, col) for row in range(self.rules.height) for col in range(self.rules.width)}
        return board.difference(self.obstacles, self.snake, (cell for cell in self.food if cell))

    def adopt_food(self, state: State, index: int) -> None:
        """Take the food that replaced eaten food, if it is legal; the other pieces must not have moved."""
        for slot, number in enumerate(state.food[index].tolist()):
            given = divmod(number, self.rules.width) if number >= 0 else None
            if self.food[slot] == self.snake[0]:
                self.food[slot] = None
                free = self.free()
                assert given in free or (given is None and not free), f"food fell on {given}; {free} were free"
                self.food[slot] = given
            assert self.food[slot] == given, f"food moved from {self.food[slot]} to {given}"

    def check_start(self, shortest: int, longest: int) -> None:
        """Whether a game may begin like this."""
        snake, food = list(self.snake), [cell for cell in self.food if cell]
        assert shortest <= len(snake) <= longest
        assert len(set(snake)) == len(snake)
        assert not self.obstacles.intersection(snake)
        for i, cell in enumerate(snake[1:]):
            towards_head = [step for step in DIRECTIONS if self.beside(cell, step) == snake[i]]
            assert towards_head, "the body is torn"
            assert i > 0 or self.direction in towards_head, "the snake does not look away from its neck"
        assert len(set(food)) == len(food)
        assert not self.obstacles.union(snake).intersection(food)
        assert None not in self.food or not self.free(), "a piece of food is missing"
        assert any(self.mask()), "it dies whatever it does"
        assert self.hunger == self.score == 0

    def steps_until_free(self) -> list[int]:
        """(H * W,) steps until each cell is free, as in `State.body`."""
        cells = [0] * (self.rules.height * self.rules.width)
        for steps, (row, col) in enumerate(reversed(self.snake), start=1):
            cells[row * self.rules.width + col] = steps
        return cells


def closed_tour(height: int, width: int) -> dict[Cell, Cell] | None:
    """The next cell of each cell on a Hamiltonian cycle; None if both sides are odd."""
    if height % 2:
        turned = closed_tour(width, height) if width % 2 == 0 else None
        return turned and {(row, col): (y, x) for (col, row), (x, y) in turned.items()}
    tour = [(row, 0) for row in reversed(range(height))]
    for row in range(height):
        tour += [(row, col) for col in range(1, width)][:: -1 if row % 2 else 1]
    return dict(zip(tour, tour[1:] + tour[:1], strict=True))


def choose(game: Reference, tour: dict[Cell, Cell] | None, luck: float, mistakes: float = 0.01) -> int:
    """An action that survives for long: along the tour if there is one, else to food next to the head, else at random.

    Args:
        game: the game.
        tour: from `closed_tour`.
        luck: a random number in [0, 1); below `mistakes` any action is taken.
        mistakes: the probability of that.
    """
    mask = game.mask()
    if luck < mistakes or not any(mask):
        return int(luck * 1e6) % len(mask)
    safe = [action for action, survives in enumerate(mask) if survives]
    reached = {action: game.beside(game.snake[0], game.turn(action)) for action in safe}
    good = [action for action in safe if tour and reached[action] == tour[game.snake[0]]]
    good = good or [action for action in safe if reached[action] in game.food] or safe
    return good[int(luck * len(good))]
