"""Files that the product reads back may hold anything: each loader refuses them with one error that names the file.

A new loader needs one function in `tests/support/loaders.py`, which writes good files, and returns those to change and
what reads them.
"""

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import nn
from scripts.training import classifier_run, snake_run
from tests.support.loaders import LOADERS, Read, network
from tests.support.mutations import changed


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], tuple[Path, list[Path], Read]]]:
    """Return the folder of a loader, its files and what reads them; they are made once. Reports take too long."""
    made: dict[str, tuple[Path, list[Path], Read]] = {}

    def get(name: str) -> tuple[Path, list[Path], Read]:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            made[name] = (folder, *LOADERS[name](folder))
        return made[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snake_run, "report", lambda *_: {})
        patch.setattr(classifier_run, "report", lambda *_: {})
        yield get
    nn.threads.use(1)


def check_changed_file(data: st.DataObject, folder: Path, files: list[Path], read: Read) -> None:
    """Change one file, and check that it is read, or refused with its name."""
    good = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    file, refused = data.draw(st.sampled_from(files)), ""
    try:
        file.write_bytes(data.draw(changed(file)).content)
        read()
    except ValueError as error:
        refused = str(error)
    except OSError:
        pass  # about another file, which is named in the one that was changed
    except FloatingPointError:
        pass  # what was read is allowed, but nobody learns with it
    finally:
        for other in [file for file in folder.rglob("*") if file.is_file() and file not in good]:
            other.unlink()
        for name, content in good.items():
            name.write_bytes(content)
    if refused:
        assert str(file.parent if file.name == "config.json" else file) in refused, refused
        assert "\n" not in refused, refused
        assert not re.search(r"\b[A-Z]\w+Error: ", refused), f"no field is named: {refused}"


@pytest.mark.parametrize("name", LOADERS)
def test_good_files_are_read(name: str, folders: Callable[[str], tuple[Path, list[Path], Read]]) -> None:
    folder, files, read = folders(name)
    good = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    read()
    assert files
    for file, content in good.items():
        file.write_bytes(content)


@pytest.mark.parametrize("number", [math.nan, math.inf])
@pytest.mark.parametrize("name", ["network", "trainer", "network_agent", "features_agent", "table_agent", "digits"])
def test_no_array_may_hold_numbers_that_are_not_finite(name: str, number: float, tmp_path: Path) -> None:
    files, read = LOADERS[name](tmp_path)
    arrays, header = nn.files.read(files[0])
    floats = {key: array for key, array in arrays.items() if array.dtype.kind == "f"}
    for key, array in floats.items():
        broken = array.copy()
        broken.reshape(-1)[-1] = number
        nn.files.write(files[0], arrays | {key: broken}, header)
        with pytest.raises(ValueError, match=rf"a\.npz .*{key} holds numbers that are NaN or infinite"):
            read()
    nn.files.write(files[0], arrays, header)
    read()
    assert floats


def test_a_running_variance_is_not_negative(tmp_path: Path) -> None:
    (file,), read = network(tmp_path)
    arrays, header = nn.files.read(file)
    nn.files.write(file, arrays | {"0.1.variance": -arrays["0.1.variance"]}, header)
    with pytest.raises(ValueError, match=r"a\.npz .*variance holds numbers below 0"):
        read()


checked = settings(suppress_health_check=list(HealthCheck), derandomize=True, database=None, phases=[Phase.generate])


@pytest.mark.parametrize("name", LOADERS)
@given(data=st.data())
@settings(checked, max_examples=15)
def test_changed_files_are_read_or_refused_with_their_name(
    name: str, data: st.DataObject, folders: Callable[[str], tuple[Path, list[Path], Read]]
) -> None:
    check_changed_file(data, *folders(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", LOADERS)
@given(data=st.data())
@settings(checked, max_examples=500)
def test_many_changed_files_are_read_or_refused_with_their_name(
    name: str, data: st.DataObject, folders: Callable[[str], tuple[Path, list[Path], Read]]
) -> None:
    check_changed_file(data, *folders(name))
