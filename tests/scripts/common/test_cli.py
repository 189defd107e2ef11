"""Command lines: options from dataclasses, answers to wrong words, the help of every command and its examples."""

import importlib
import re
import shlex
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import docstring_parser
import pytest

from scripts import train, train_images, train_mnist
from scripts.common import cli
from scripts.training import snake_run
from tests.support.paths import SCRIPTS

COMMANDS = sorted(file.stem for file in SCRIPTS.glob("*.py") if file.stem != "__init__")
KINDS = {"train": list(snake_run.KINDS), "train_mnist": list(train_mnist.KINDS)}
HELPS = [(name, kind) for name in COMMANDS for kind in ("", *KINDS.get(name, []))]
TRAININGS: list[tuple[ModuleType, str]] = [
    *((train, kind) for kind in KINDS["train"]),
    *((train_mnist, kind) for kind in KINDS["train_mnist"]),
    (train_images, ""),
]


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of a test."""

    names: Annotated[tuple[str, ...], cli.POSITIONAL] = ("a", "b")
    """Names."""
    hidden: tuple[int, ...] = (32,)
    """Units."""
    mask: bool = True
    """Masks."""
    rate: float = 0.5
    """Rate."""
    file: Path | None = None
    """File."""
    given: Annotated[tuple[str, ...], cli.HIDDEN] = ()
    """Names of the options that the command line gives."""


def parse(*words: str) -> Options:
    return cli.parse(Options, words, doc="A test.")


def command(name: str) -> Any:
    return importlib.import_module(f"scripts.{name}")


def error_of(capsys: pytest.CaptureFixture[str], parse: Any, *words: str) -> str:
    """The one line that answers a wrong command line."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stopped:
        parse(words)
    assert stopped.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("error: ")
    return line


def help_of(name: str, kind: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.argv", [f"scripts/{name}.py"])
    with pytest.raises(SystemExit) as stopped:
        command(name).parse([kind, "--help"] if kind else ["--help"])
    assert stopped.value.code == 0
    return capsys.readouterr().out


def examples_of(name: str) -> list[str]:
    """The lines below "Examples:" in a command's docstring."""
    lines = (command(name).__doc__ or "").partition("Examples:\n")[2].splitlines()
    return [line.strip() for line in lines if line.strip()]


def test_options_that_are_not_given_have_their_defaults() -> None:
    assert parse() == Options()


def test_words_become_values_and_their_names_are_known() -> None:
    options = parse("x", "y", "z", "--hidden", "64", "32", "--no-mask", "--rate=0.25", "--file", "some/where")
    assert options.names == ("x", "y", "z")
    assert options.hidden == (64, 32)
    assert options.mask is False
    assert options.rate == 0.25
    assert options.file == Path("some/where")
    assert set(options.given) == {"names", "hidden", "mask", "rate", "file"}


def test_an_option_that_is_given_with_its_default_counts_as_given() -> None:
    assert parse("--rate", "0.5").given == ("rate",)
    assert parse("--mask").given == ("mask",)


def test_a_tuple_ends_at_the_next_option() -> None:
    options = parse("--hidden", "1", "2", "--rate", "1")
    assert (options.hidden, options.rate, options.names) == ((1, 2), 1.0, ("a", "b"))


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("--rat 1", ("--rat", "--rate")),
        ("--hiden 1", ("--hiden", "--hidden")),
        ("--rate fast", ("--rate", "fast")),
        ("--rate", ("--rate",)),
        ("--hidden 1 x", ("--hidden", "x")),
        ("--given x", ("--given",)),
    ],
)
def test_a_wrong_word_is_answered_in_one_line(
    words: str, parts: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    line = error_of(capsys, lambda given: parse(*given), *words.split())
    assert all(part in line for part in parts), line


def test_an_unknown_kind_is_answered_with_the_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    line = error_of(capsys, train.parse, "sac")
    assert all(kind in line for kind in ("'sac'", *snake_run.KINDS))


@pytest.mark.parametrize("old", cli.RENAMED)
def test_a_renamed_option_is_answered_with_its_new_name(
    old: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = set()
    for module, kind in TRAININGS:
        helped = help_of(module.__name__.removeprefix("scripts."), kind, capsys, monkeypatch)
        known = set(re.findall(r"--[a-z0-9-]+", helped))
        new = [name for name in cli.RENAMED[old] if name in known]
        if new and old not in known:
            for words in ((old, "1"), (f"{old}=1",)):
                line = error_of(capsys, module.parse, *([kind] if kind else []), *words)
                assert line.startswith(f"error: {old} is now {' or '.join(new)} "), line
            answers |= set(new)
    assert answers == set(cli.RENAMED[old])


def test_the_source_of_a_class_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes a while: once for each option, a command would start after seconds."""
    read: list[type] = []
    original = docstring_parser.parse_from_object

    def counted(cls: type) -> Any:
        read.append(cls)
        return original(cls)

    cli._help_texts.cache_clear()
    monkeypatch.setattr(cli, "parse_from_object", counted)
    train.parse(["ppo"])
    assert len(read) == len(set(read)) > 5


@pytest.mark.parametrize(("name", "kind"), HELPS)
def test_the_help_fits_80_columns_and_describes_every_option(
    name: str, kind: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    helped = help_of(name, kind, capsys, monkeypatch)
    lines = helped.splitlines()
    assert max(map(len, lines)) <= 80
    assert "{None}" not in helped
    assert "[[" not in helped
    assert "…" not in helped
    described = 0
    for number, line in enumerate(lines):
        if re.match(r"│\s+\*?\s*--[a-z]", line):
            entry = [line]  # an option's text may go on in the next lines, until the next option or the box's end
            for following in lines[number + 1 :]:
                if following.startswith("╰") or re.match(r"│\s+\*?\s*(--)?[A-Za-z-]{2,}.*\s{2,}\S", following[:30]):
                    break
                entry.append(following)
            words = re.sub(r"--[a-z0-9-]+|\[.*?\]|[│*]", " ", " ".join(entry)).split()
            assert len(words) >= 2, entry
            described += 1
    assert described >= 1 or name == "images", helped


@pytest.mark.parametrize("name", COMMANDS)
def test_every_field_of_a_command_has_a_help_text(name: str) -> None:
    module = command(name)
    kinds = list(module.KINDS.values()) if name in KINDS else [getattr(module, "Options", None) or module.ImageOptions]
    for options in kinds:
        texts = {k: text for cls in options.__mro__[:-1] for k, text in cli._help_texts(cls).items()}
        for field in fields(options):
            assert len(texts.get(field.name, "").split()) >= 2, (options, field.name)


def test_the_help_of_train_shows_the_kinds_and_the_options_that_all_share(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    helped = help_of("train", "", capsys, monkeypatch)
    for kind in snake_run.KINDS:
        assert re.search(rf"^│ +{kind} +\S", helped, re.MULTILINE), kind
    assert all(option in helped for option in ("--budget", "--seed", "--height"))
    assert "--gamma" not in helped


@pytest.mark.parametrize("name", COMMANDS)
def test_the_examples_of_a_command_are_short_and_can_be_parsed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    examples = examples_of(name)
    assert any(line.startswith(f"python scripts/{name}.py") for line in examples)
    for line in examples:
        assert len(line) <= 76, line
        assert line.startswith(("python scripts/", "# ")), line
        if line.startswith("#"):
            continue
        _, script, *words = shlex.split(line)
        parse = command(Path(script).stem).parse
        if "--help" in words:
            with pytest.raises(SystemExit) as stopped:
                parse(words)
            assert stopped.value.code == 0
        else:
            parse(words)
    capsys.readouterr()
