"""Options of a training run, and which of them `--resume` takes from the command line and which from config.json."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar, get_type_hints

from nn.from_json import call
from scripts.common.cli import HIDDEN, POSITIONAL, option_name
from scripts.common.paths import expand_home, from_text, to_text
from scripts.common.run_files import Config, TrainingConfig
from scripts.common.run_folder import RunFolder, damaged

ABOUT = {field.name for field in fields(TrainingConfig)}  # in config.json beside the options
NOT_STORED = {"out", "resume", "watch", "given"}  # options that do not describe the training


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options of every training."""

    kind: ClassVar[str]
    not_kept: ClassVar[tuple[str, ...]]  # options that --resume always takes from the command line
    overridable: ClassVar[tuple[str, ...]]  # options that --resume takes from the command line only if typed
    length_option: ClassVar[str]  # the option that ends a training by a count, in place of the time budget
    group: ClassVar[str] = "Main"

    budget: str = "120s"
    """Training time, such as 90s, 15m or 2h. With --resume, the time of all parts together."""
    seed: int = 0
    """Seed of all random numbers in training."""
    out: Path | None = None
    """Run folder. [default: runs/KIND, or the next free one]"""
    resume: Path | None = None
    """Run folder to continue. Options that are not given keep the values of that run."""
    given: Annotated[tuple[str, ...], HIDDEN] = ()
    """Names of the options that the command line gives."""


Chosen = TypeVar("Chosen", bound=RunOptions)


def with_kind(arguments: Sequence[str], kinds: Sequence[str], default: str) -> list[str]:
    """Return the words of a command line with the kind of training first; without one, that of the run to resume."""
    words = list(arguments)
    if words and (not words[0].startswith("-") or words[0] in ("-h", "--help")):
        return words
    for option, value in pairwise([*words, ""]):
        if option.partition("=")[0] == "--resume":
            folder = RunFolder(Path(expand_home(option.partition("=")[2] or value)))
            with suppress(OSError):
                kind = folder.read_json("config.json", Config)["kind"]
                _check_kind(folder, kind, kinds)
                return [kind, *words]
    return [default, *words]


def resumed(options: Chosen, folder: RunFolder, kinds: Sequence[type[Chosen]]) -> Chosen:
    """Return the options of the run in a folder, with the typed options replaced.

    Raises:
        ValueError: the run is of another kind or release; config.json holds a wrong value; a typed option differs from
            the stored value and cannot be changed.
    """
    stored = folder.read_json("config.json", TrainingConfig)
    _check_kind(folder, stored["kind"], [one.kind for one in kinds])
    options_class = next(one for one in kinds if one.kind == stored["kind"])
    if options_class.kind != options.kind:
        raise ValueError(f"{folder.path} is a run of {options_class.kind}, not of {options.kind}; leave out the kind")
    expected = {field.name for field in fields(options_class)} - NOT_STORED
    missing, unknown = sorted(expected - stored.keys()), sorted(stored.keys() - expected - ABOUT)
    if missing or unknown:
        difference = f"had no {', '.join(missing)}" if missing else f"had {', '.join(unknown)}, too"
        raise ValueError(f"{folder.path} is a run of another release, which {difference}; start a new run")
    with damaged(folder.path / "config.json"):
        kept = call(options_class, {name: stored[name] for name in expected})
    paths: dict[str, Any] = {
        name: from_text(stored[name]) for name in expected if isinstance(getattr(kept, name), Path)
    }
    hints = get_type_hints(options_class, include_extras=True)
    changeable = [name for name in (*options.not_kept, *options.overridable) if name in hints]
    for name in options.given:
        value = _as_json(getattr(options, name))
        if name in expected - set(changeable) and value != stored[name]:
            known = ", ".join(_as_typed(other, hints[other]) for other in changeable)
            raise ValueError(f"{name} is {stored[name]} in this run, not {value}; --resume takes only {known}")
    overrides = {name: getattr(options, name) for name in changeable if name in (*options.not_kept, *options.given)}
    no_count: dict[str, Any] = {options.length_option: None} if "budget" in overrides else {}
    return replace(kept, **paths | no_count | overrides, resume=folder.path)


def _check_kind(folder: RunFolder, kind: str, known: Sequence[str]) -> None:
    if kind not in known:
        raise ValueError(
            f"{folder.path} is a run of {kind}, not of {', '.join(known)}; resume it with the command that started it"
        )


def _as_json(value: Any) -> Any:  # noqa: ANN401  any option
    return list(value) if isinstance(value, tuple) else to_text(value) if isinstance(value, Path) else value


def _as_typed(name: str, hint: Any) -> str:  # noqa: ANN401  any annotation
    """An option as it is typed: --late-starts, or FOLDER for a positional one."""
    return name.upper() if POSITIONAL in getattr(hint, "__metadata__", ()) else option_name(name)
