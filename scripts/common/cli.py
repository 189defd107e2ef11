"""Command lines from dataclasses, by cyclopts.

Each field is an option: its type and default are those of the option, and the string below it is the help text. An
option that was renamed is answered with its new name.
"""

import inspect
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, NoReturn, TypeVar, get_origin, get_type_hints

from cyclopts import App, CycloptsError, Group, Parameter, UnknownOptionError
from docstring_parser import parse_from_object
from rich.console import Console

from scripts.common.paths import expand_home

Options = TypeVar("Options")

POSITIONAL = "positional"  # marks a field that is an argument without a name: Annotated[tuple[str, ...], POSITIONAL]
PATHS = "paths"  # marks a field of text that may be paths, such as those of agents; a Path is one anyway
HIDDEN = "hidden"  # marks a field that the command line does not set
LARGEST = 1 << 64
BAD_USAGE = 2  # the exit code of a wrong command line

# In the order in which the help shows them. A field names its group with Annotated[int, "Board"], or the class that
# declares it does with a class variable `group`; settings of learners are "Algorithm", all others "Options".
ORDER = ("Main", "Options", "Board", "Experience", "Algorithm", "Network", "Augmentation", "Run")
GROUPS = {name: Group(name, sort_key=i) for i, name in enumerate(ORDER)}

RENAMED = {
    "--average": ["--ema-decay"],
    "--batch": ["--batch-size"],
    "--capacity": ["--buffer-size"],
    "--clip": ["--clip-range"],
    "--discount": ["--gamma"],
    "--entropy": ["--ent-coef"],
    "--epochs": ["--n-epochs"],
    "--exploration": ["--exploration-initial-eps"],
    "--exploring": ["--exploration-fraction"],
    "--exponent": ["--per-alpha"],
    "--final-entropy": ["--final-ent-coef"],
    "--final-exploration": ["--exploration-final-eps"],
    "--games": ["--n-envs", "--n-episodes"],
    "--group": ["--group-size"],
    "--horizon": ["--n-steps", "--train-freq"],
    "--huber": ["--huber-delta"],
    "--importance": ["--per-beta"],
    "--initial": ["--initial-value"],
    "--levels": ["--n-bins"],
    "--longest-gradient": ["--max-grad-norm"],
    "--minibatch": ["--batch-size"],
    "--population": ["--population-size"],
    "--prioritised": ["--prioritized-replay"],
    "--smoothing": ["--label-smoothing"],
    "--steps": ["--total-timesteps"],
    "--target-every": ["--target-update-interval"],
    "--tournament": ["--tournament-size"],
    "--trace": ["--gae-lambda", "--q-lambda"],
    "--updates": ["--gradient-steps"],
    "--validations": ["--n-validations"],
    "--value-weight": ["--vf-coef"],
    "--warm-up": ["--learning-starts"],
    "--window": ["--n-step"],
}


def parse(options: type[Options], arguments: Sequence[str], *, doc: str | None) -> Options:
    """Return the options that the words of a command line give.

    Args:
        options: a dataclass.
        arguments: words of the command line.
        doc: of the command's module: a description, and below "Examples:" commands to copy.

    Raises:
        SystemExit: the words are wrong, or ask for the help.
    """
    app = _app(doc)
    app["--help"].show = False
    app.default(_command(options))
    chosen: Options = _run(app, arguments)
    return chosen


def parse_kinds(
    kinds: Mapping[str, type[Options]], arguments: Sequence[str], *, doc: str | None, shared: type[Any]
) -> Options:
    """Return the options of one of several kinds, the first word of the command line.

    Args:
        kinds: a dataclass for each kind.
        arguments: words of the command line; `--help` alone shows the kinds and the options that all of them share.
        doc: see `parse`.
        shared: the dataclass with the options that all kinds share.

    Raises:
        SystemExit: see `parse`.
    """
    app = _app(doc)
    for name, options in kinds.items():
        app.command(_command(options), name=name)
    app.default(_command(shared))
    if arguments and arguments[0] not in kinds and not arguments[0].startswith("-"):
        _fail(f"there is no kind {arguments[0]!r}; choose one of {', '.join(kinds)}")
    chosen: Options = _run(app, arguments)
    return chosen


def option_name(field: str) -> str:
    """The option of a dataclass field: --n-envs for n_envs."""
    return f"--{field.replace('_', '-')}"


def _app(doc: str | None) -> App:
    description, _, examples = inspect.cleandoc(doc or "").partition("Examples:\n")
    return App(
        name=Path(sys.argv[0]).name,
        help=description.strip(),
        help_epilogue=f"Examples:\n\n{examples.strip(chr(10))}" if examples else None,
        help_format="plaintext",
        version_flags=(),
        console=Console(highlight=False, emoji=False),
        default_parameter=Parameter(
            consume_multiple=True, negative_iterable=(), show_default=_shown, allow_leading_hyphen=False
        ),
    )


def _command(options: type[Any]) -> Callable[..., Any]:
    """Return a function with a parameter for each field, which makes the dataclass from those that are given."""
    hints = get_type_hints(options, include_extras=True)
    texts = {name: text for cls in reversed(options.__mro__[:-1]) for name, text in _help_texts(cls).items()}
    parameters = [
        _parameter(field, hints[field.name], texts.get(field.name, ""), _group(options, field.name))
        for field in fields(options)
        if HIDDEN not in getattr(hints[field.name], "__metadata__", ())
    ]
    parameters.sort(key=lambda parameter: parameter.kind)

    def command(*args: Any, **given: Any) -> Any:  # noqa: ANN401  whatever the fields are
        positional = next((p for p in parameters if p.kind is p.VAR_POSITIONAL), None)
        if positional is not None and args:
            given[positional.name] = args
        elif args:
            given |= dict(zip((p.name for p in parameters), args, strict=False))
        marked = {name for name in given if PATHS in getattr(hints[name], "__metadata__", ())}
        given = {name: _checked(name, value, name in marked) for name, value in given.items()}
        made = options(**given)
        return replace(made, given=tuple(given)) if "given" in hints else made

    command.__doc__ = inspect.getdoc(options)
    vars(command)["__signature__"] = inspect.Signature(parameters)
    return command


def _checked(name: str, value: Any, is_path: bool) -> Any:  # noqa: ANN401  any option
    """The value of an option, with ~ in paths replaced by the home folder: a shell leaves it in --out=~/run.

    Raises:
        ValueError: there is no such home folder, or a number is too large for float32 and for any array.
    """
    if isinstance(value, tuple):
        return tuple(_checked(name, one, is_path) for one in value)
    if isinstance(value, int | float) and LARGEST < abs(value) < math.inf:
        raise ValueError(f"{name} is {value}; give a number of at most 2**64")
    if isinstance(value, Path):
        return Path(expand_home(str(value)))
    return expand_home(value) if is_path and isinstance(value, str) else value


def _parameter(field: "Field[Any]", hint: Any, text: str, group: str) -> inspect.Parameter:  # noqa: ANN401  any type
    marks = getattr(hint, "__metadata__", ())
    plain = hint.__origin__ if marks else hint
    how = Parameter(help=text, group=GROUPS[next((mark for mark in marks if mark in GROUPS), group)])
    kind: Any = inspect.Parameter.KEYWORD_ONLY
    default = field.default
    if POSITIONAL in marks:
        how = Parameter(help=text)
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        if get_origin(plain) is tuple:
            kind, plain, default = inspect.Parameter.VAR_POSITIONAL, plain.__args__[0], MISSING
    default = inspect.Parameter.empty if default is MISSING else default
    return inspect.Parameter(field.name, kind, annotation=Annotated[plain, how], default=default)


def _group(options: type[Any], name: str) -> str:
    """The group of a field, from the class that declares it."""
    declares = next(cls for cls in options.__mro__ if name in vars(cls).get("__annotations__", {}))
    default = "Algorithm" if declares.__module__.startswith("agents.") else "Options"
    return str(getattr(declares, "group", default))


@cache
def _help_texts(declares: type[Any]) -> Mapping[str, str]:
    """The string below each field that a class declares. It reads the class's source file, which takes a while."""
    texts = parse_from_object(declares).params
    return MappingProxyType({text.arg_name: " ".join((text.description or "").split()) for text in texts})


def _shown(default: object) -> object:
    """A default as it would be typed."""
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, tuple):
        return " ".join(map(str, default)) or None
    return default


def _run(app: App, arguments: Sequence[str]) -> Any:  # noqa: ANN401  the options
    try:
        command, bound, *_ = app.parse_args(list(arguments), exit_on_error=False, print_error=False)
    except UnknownOptionError as error:
        name = (error.token.keyword or error.token.value).partition("=")[0]  # a value beside positional arguments
        known = {option for argument in error.argument_collection or () for option in argument.names}
        renamed = RENAMED.get(name, [])
        here = [option for option in renamed if option in known]
        if here:
            _fail(f"{name} is now {' or '.join(here)}")
        elif renamed:
            _fail(f"{name} is now {' or '.join(renamed)}, which this command does not have")
        _fail(str(error))
    except CycloptsError as error:
        _fail(" ".join(str(error).split()))
    chosen = command(*bound.args, **bound.kwargs)
    if chosen is None:  # the help was shown
        raise SystemExit(0)
    return chosen


def _fail(message: str) -> NoReturn:
    print(f"error: {message} (--help shows all options)", file=sys.stderr)
    raise SystemExit(BAD_USAGE)
