"""A file is replaced as a whole or not at all."""

import threading
from pathlib import Path

import pytest

from nn.atomic_file import atomic_file


def test_the_file_is_replaced_at_the_end_of_the_block(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "curve.png"
    for contents in ("old", "new"):
        with atomic_file(path) as temporary:
            assert temporary.parent == path.parent
            assert temporary.suffix == ".png"
            temporary.write_text(contents)
            assert not path.exists() or path.read_text() == "old"
        assert path.read_text() == contents
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error_the_old_file_is_there(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail() -> None:
        with atomic_file(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text() == "old"
    assert [*tmp_path.iterdir()] == [path]


def test_an_error_of_the_temporary_file_names_the_file_itself(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised, atomic_file(tmp_path / "file"):
        pass  # nothing was written
    assert raised.value.filename == str(tmp_path / "file")


def test_threads_that_write_the_same_file_do_not_meet(tmp_path: Path) -> None:
    path, both = tmp_path / "file", threading.Barrier(2, timeout=10)

    def write(contents: str) -> None:
        with atomic_file(path) as temporary:
            temporary.write_text(contents[0])
            both.wait()
            temporary.write_text(contents)

    writers = [threading.Thread(target=write, args=(letter * 1000,)) for letter in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert path.read_text() in ("a" * 1000, "b" * 1000)
    assert [*tmp_path.iterdir()] == [path]
