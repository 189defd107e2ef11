"""What a run that goes on takes from its folder, and what from the command line."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar, get_type_hints

import tyro

from scripts.common.run_folder import RunFolder

NOT_STORED = {"out", "resume", "watch", "given"}  # options that say nothing of the training


@dataclass(frozen=True, kw_only=True)
class Resumable:
    """Options of a training that can go on."""

    kind: ClassVar[str]
    changeable: ClassVar[tuple[str, ...]]  # what --resume takes from the command line
    adjustable: ClassVar[tuple[str, ...]]  # what it takes from there if it is given
    counted: ClassVar[str]  # what ends a training in place of a time

    given: tyro.conf.Suppress[tuple[str, ...]] = ()
    """Names of the options that the command line gives."""


Chosen = TypeVar("Chosen", bound=Resumable)


def named(words: Sequence[str]) -> tuple[str, ...]:
    """The options among the words of a command line, as Python names them: ("late_starts",) for --late-starts 0.6."""
    return tuple(word[2:].partition("=")[0].replace("-", "_") for word in words if word.startswith("--"))


def resumed(options: Chosen, folder: RunFolder, kinds: Sequence[type[Chosen]]) -> Chosen:
    """The options of the run in a folder, with what is chosen anew.

    Raises:
        ValueError: the run is of none of these kinds; an option is given otherwise than the run has it.
    """
    stored = folder.read_json("config.json")
    kind = next((kind for kind in kinds if kind.kind == stored.get("kind")), None)
    if kind is None:
        raise ValueError(
            f"{folder.path} is a run of another kind, {stored.get('kind')}, than "
            f"{', '.join(one.kind for one in kinds)}: give that kind with --resume, or none, or the script that made it"
        )
    free = [name for name in (*kind.changeable, *kind.adjustable) if hasattr(options, name)]
    hints = get_type_hints(kind, include_extras=True)
    for name in (name.removeprefix("no_") for name in options.given):
        if name not in hints:
            raise ValueError(f"{name} is no option of {kind.kind}, which {folder.path} is a run of")
        value = getattr(options, name, None)
        value = list(value) if isinstance(value, tuple) else str(value) if isinstance(value, Path) else value
        if name in stored.keys() - {*free, "resume"} and value != stored[name]:
            known = ", ".join(_shown(other, hints[other]) for other in free)
            raise ValueError(f"{name} is {stored[name]} in this run, not {value}; --resume takes only {known}")
    kept = {field.name: stored[field.name] for field in fields(kind) if field.name in stored.keys() - NOT_STORED}
    for name, hint in get_type_hints(kind).items():  # JSON knows neither paths nor tuples
        if isinstance(kept.get(name), str) and hint == Path | None:
            kept[name] = Path(kept[name])
        elif isinstance(kept.get(name), list):
            kept[name] = tuple(kept[name])
    anew = {
        name: getattr(options, name)
        for name in free
        if name in (*kind.changeable, *options.given) or getattr(options, name) != getattr(type(options), name)
    }
    ended = {kind.counted: None} if "budget" in anew else {}
    return kind(**kept | ended | anew | {"resume": folder.path})


def _shown(name: str, hint: Any) -> str:  # noqa: ANN401  any annotation
    """An option as the command line has it: --late-starts, or FOLDER where it has no name there."""
    alone = tyro.conf.Positional in getattr(hint, "__metadata__", ())
    return name.upper() if alone else f"--{name.replace('_', '-')}"
