"""The start of a training run, for players and classifiers alike: its folder, its options, its config.json."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scripts.common.budget import parse_budget
from scripts.common.cli import option_name
from scripts.common.command_line import check_seed, require_positive, typed_command
from scripts.common.paths import to_text
from scripts.common.run_files import TrainingConfig
from scripts.common.run_folder import RunFolder
from scripts.training.run_options import NOT_STORED, Chosen, RunOptions, resumed


@contextmanager
def open_run(options: Chosen, kinds: Sequence[type[Chosen]]) -> Iterator[tuple[Chosen, RunFolder]]:
    """Give the options and the folder of a new run, or of the run to resume; in the block no other process trains it.

    Nothing is written yet, see `begin_run`.

    Raises:
        FileExistsError, FileNotFoundError: see `RunFolder`.
        RuntimeError: another process trains the run to resume.
        ValueError: an option out of its range, or see `resumed`.
    """
    folder = RunFolder.new(options.out, options.kind) if options.resume is None else RunFolder.existing(options.resume)
    try:
        if options.resume is not None:
            folder.lock()
            options = resumed(options, folder, kinds)
        check_seed(options.seed)
        parse_budget(options.budget)
        require_positive(options, options.length_option)
        if options.resume is None and {"budget", options.length_option} <= set(options.given):
            count = f"{option_name(options.length_option)} {getattr(options, options.length_option)}"
            print(f"{count} ends the training; --budget {options.budget} does not count", file=sys.stderr)
        yield options, folder
    except (ValueError, MemoryError) as error:
        if options.resume is None or str(folder.path) in str(error):
            raise
        raise ValueError(f"{folder.path} cannot be resumed: {error}") from error  # its options may be to blame
    finally:
        folder.unlock()


def begin_run(options: RunOptions, folder: RunFolder, **about: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    """Write config.json, or update it with the options that are given anew, and return its content.

    Args:
        options: of the run.
        folder: of the run.
        about: more facts for config.json.
    """
    command = typed_command()
    plain = {name: to_text(value) if isinstance(value, Path) else value for name, value in asdict(options).items()}
    config = {name: value for name, value in plain.items() if name not in NOT_STORED} | about
    if options.resume is None:
        folder.claim()
        config |= {"kind": options.kind, "out": to_text(folder.path), "command": command}
        folder.write_json("config.json", config)
    else:
        stored = folder.read_json("config.json", TrainingConfig)
        changed = any(stored.get(name) != config[name] for name in options.overridable if name in config)
        config = stored | {name: config[name] for name in options.overridable if name in config} | about
        if changed:
            config["command"] = f"{stored['command']} && {command}"
            folder.write_json("config.json", config)
        (folder.path / "result.json").unlink(missing_ok=True)  # the resumed training writes a new one
    return folder.read_json("config.json", TrainingConfig)
