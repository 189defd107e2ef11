"""Values from JSON, checked against Python types, so that an error names the field of a file that is wrong.

    @dataclass
    class Header:
        classes: list[str]
        views: Annotated[int, AtLeast(1)] = 1

    from_json({"classes": ["cat", "dog"]}, Header)      # Header(classes=["cat", "dog"], views=1)
    from_json({"classes": ["cat", 3]}, Header)          # ValueError: classes[1] is 3; it must be a text

Types are those of JSON, `Any`, `Path`, unions, `Literal`, `Annotated`, lists, tuples, dictionaries with texts as keys,
and dataclasses and named tuples of these. A number is finite, and a whole number fits in 64 bits.
"""

import json
import math
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from functools import cache
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

WORDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number of 64 bits",
    float: "a finite number",
    str: "a text",
    Path: "a path",
    types.NoneType: "null",
}
EXACT_FLOATS = 1 << 53  # integers up to here are floats, too


@dataclass(frozen=True)
class AtLeast:
    """The least value of a number: `Annotated[int, AtLeast(0)]`."""

    value: float


Count = Annotated[int, AtLeast(0)]


def parse(text: str | bytes) -> Any:  # noqa: ANN401  any JSON
    """Return the value of a text in JSON.

    Raises:
        ValueError: it is no JSON, or no text in UTF-8.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # with very many brackets, the parser gives up
        raise ValueError(f"it is not JSON ({error})") from None


def from_json(value: Any, kind: type[T], field: str = "", *, others: bool = False) -> T:  # noqa: ANN401  any JSON
    """Return a value of this type.

    Args:
        value: as `parse` returns it.
        kind: a type, see above.
        field: where the value stands, for errors: "learner.rng".
        others: whether an object may have fields that `kind` does not know; they are left out.

    Raises:
        ValueError: the value is of another type; the message names the field, what was found and what is allowed.
    """
    checked: T = _checked(value, kind, field, others=others)
    return checked


def _checked(value: Any, kind: Any, field: str, *, others: bool = False) -> Any:  # noqa: ANN401  any JSON and type
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if origin is Annotated:
        checked = _checked(value, arguments[0], field)
        if any(checked < mark.value for mark in arguments[1:] if isinstance(mark, AtLeast)):
            raise ValueError(f"{_found(field, value)}; it must be {_describe(kind)}")
        return checked
    if origin in (Union, types.UnionType):
        return _one_of(value, arguments, field)
    if origin is Literal and any(value == choice and type(value) is type(choice) for choice in arguments):
        return value
    if isinstance(value, list | tuple):
        if origin is tuple and (arguments[-1] is Ellipsis or len(arguments) == len(value)):
            kinds = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
            items = enumerate(zip(value, kinds, strict=True))
            return tuple(_checked(one, of, f"{field}[{i}]") for i, (one, of) in items)
        if origin in (list, Sequence, Iterable):
            return [_checked(one, arguments[0], f"{field}[{i}]") for i, one in enumerate(value)]
    if isinstance(value, Mapping):
        if origin in (dict, Mapping):
            return {name: _checked(one, arguments[1], _join(field, name)) for name, one in value.items()}
        if _is_record(kind):
            return call(kind, value, field, others=others)
    if _is_plain(value, kind):
        if kind is float and abs(value) > EXACT_FLOATS:
            return float(value)  # NumPy refuses larger integers
        return Path(value) if kind is Path else value
    raise ValueError(f"{_found(field, value)}; it must be {_describe(kind)}")


def call(function: Callable[..., T], arguments: Mapping[str, Any], field: str = "", *, others: bool = False) -> T:
    """Return `function(**arguments)` for arguments from JSON, checked against the types of its parameters.

    Args:
        function: a function or a class. Parameters without a type take everything.
        arguments: by name.
        field: see `from_json`.
        others: see `from_json`.

    Raises:
        ValueError: see `from_json`; an argument is missing or unknown, or the function refuses one.
    """
    parameters, takes_all = _parameters(function)
    unknown = sorted(set(arguments) - set(parameters))
    if unknown and not (others or takes_all):
        raise ValueError(f"{_join(field, unknown[0])} is unknown to this release; known are {', '.join(parameters)}")
    given = {name: arguments[name] for name in unknown} if takes_all else {}
    for name, (kind, required) in parameters.items():
        if name in arguments:
            given[name] = from_json(arguments[name], kind, _join(field, name))
        elif required:
            raise ValueError(f"{_join(field, name)} is missing")
    try:
        return function(**given)
    except ValueError as error:
        raise ValueError(f"{field}: {error}" if field else str(error)) from error


@cache
def _parameters(function: Callable[..., Any]) -> tuple[Mapping[str, tuple[Any, bool]], bool]:
    """Return type and whether it is required of each parameter by name; and whether the function takes all names."""
    is_class = isinstance(function, type)
    typed: Any = function.__init__ if is_class and not _is_record(function) else function
    hints = get_type_hints(typed, include_extras=True)
    found = signature(function).parameters.values()
    named = [one for one in found if one.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)]
    parameters = {one.name: (hints.get(one.name, Any), one.default is Parameter.empty) for one in named}
    return types.MappingProxyType(parameters), any(one.kind is Parameter.VAR_KEYWORD for one in found)


def _one_of(value: Any, kinds: tuple[Any, ...], field: str) -> Any:  # noqa: ANN401  any JSON
    """Return the value as the first of several types that it fits."""
    for kind in kinds:
        try:
            return _checked(value, kind, field)
        except ValueError:
            if isinstance(value, Mapping) and _is_record(kind):
                raise  # it names the field in the object
    raise ValueError(f"{_found(field, value)}; it must be {' or '.join(map(_describe, kinds))}")


def _is_plain(value: Any, kind: Any) -> bool:  # noqa: ANN401  any JSON and any type
    if kind is int:
        return type(value) is int and -(1 << 63) <= value < 1 << 63
    if kind is float:
        try:
            return type(value) in (int, float) and math.isfinite(value)
        except OverflowError:  # an integer beyond the floats
            return False
    if kind is Path:
        return isinstance(value, str) and "\0" not in value
    return isinstance(kind, type) and isinstance(value, kind)


def _is_record(kind: Any) -> bool:  # noqa: ANN401  any type
    return isinstance(kind, type) and (is_dataclass(kind) or hasattr(kind, "_fields"))


def _describe(kind: Any) -> str:  # noqa: ANN401  any type
    origin = get_origin(kind)
    if origin is Annotated:
        plain, *marks = get_args(kind)
        return _describe(plain) + "".join(f", {one.value} or more" for one in marks if isinstance(one, AtLeast))
    if origin is Literal:
        return " or ".join(map(repr, get_args(kind)))
    if origin is tuple and get_args(kind)[-1] is not Ellipsis:
        return f"a list of {len(get_args(kind))}"
    if origin in (list, tuple, Sequence, Iterable):
        return "a list"
    if origin in (dict, Mapping) or _is_record(kind):
        return "an object with fields"
    return WORDS.get(kind, f"a {getattr(kind, '__name__', kind)}")


def _join(field: str, name: object) -> str:
    return f"{field}.{name}" if field else str(name)


def _found(field: str, value: object) -> str:
    """Return a field with its value, as the start of a sentence."""
    text = repr(value)
    return f"{field or 'the content'} is {text if len(text) <= 60 else text[:57] + '...'}"
