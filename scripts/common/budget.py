"""Time budgets as text: 90s, 15m, 2h."""

import re

SECONDS = {"s": 1, "m": 60, "h": 3600}


def parse_budget(text: str) -> float:
    """Return the seconds of a budget such as "120s", "15m" or "1.5h".

    Raises:
        ValueError: the text is no budget.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text.strip())
    if not match or not float(match[1]):
        raise ValueError(f"budget is {text!r}; write a number above 0 and a unit, such as 120s, 15m or 2h")
    return float(match[1]) * SECONDS[match[2]]
