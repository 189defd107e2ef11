"""Numbers from PyTorch 2.13 in float64, frozen by `freeze_torch`, so that the quick tests do not need PyTorch."""

import json
from pathlib import Path
from typing import Any

NUMBERS: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))

LOSSES: dict[str, tuple[float, list[list[float]]]] = NUMBERS["losses"]
OPTIMISERS: dict[str, tuple[list[float], list[float]]] = NUMBERS["optimisers"]
SCHEDULES: dict[str, list[float]] = NUMBERS["schedules"]
CLIPPING: dict[str, tuple[float, list[list[float]]]] = NUMBERS["clipping"]
NETWORKS: dict[str, dict[str, Any]] = NUMBERS["networks"]
