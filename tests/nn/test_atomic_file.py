"""A file is replaced as a whole or not at all."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from nn.atomic_file import atomic_file
from tests.support.paths import ROOT


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


def test_what_killed_processes_left_is_removed_later(tmp_path: Path) -> None:
    path = tmp_path / "last[1].npz"
    old, new, other = (tmp_path / f".{name}.tmp.npz" for name in ("last[1].4711", "last[1].4712", "last1.4711"))
    for file in (old, new, other):
        file.write_bytes(b"half")
    for file in (old, other):
        os.utime(file, (1e9, 1e9))
    with atomic_file(path) as temporary:
        temporary.write_bytes(b"whole")
    assert {*tmp_path.iterdir()} == {path, new, other}  # another process may write the new one


@pytest.mark.skipif(os.name == "nt", reason="there is no such limit")
def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk; in a process of its own, since it is for all files."""
    program = """
import resource, signal, sys
from pathlib import Path
import numpy as np
import nn
from nn.atomic_file import atomic_file
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
def write_text():
    with atomic_file(Path(sys.argv[1])) as file:
        file.write_text("x" * 2000)
for write in (write_text, lambda: nn.files.write(sys.argv[1], {"x": np.zeros(2000)}, {})):
    try:
        write()
    except OSError as error:
        print(error.filename, error.strerror)
"""
    path = tmp_path / "file"
    path.write_text("old")
    words = [sys.executable, "-c", program, str(path)]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout == f"{path} File too large\n" * 2, ended.stderr
    assert path.read_text() == "old"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize(
    ("prepare", "error"),
    [
        (lambda path: path.mkdir(), IsADirectoryError),
        (
            lambda path: path.parent.rmdir() or path.parent.write_text("in the way"),
            (FileExistsError, NotADirectoryError),
        ),
    ],
    ids=["a folder of that name", "a file instead of its folder"],
)
@pytest.mark.skipif(os.name == "nt", reason="other errors there")
def test_what_is_in_the_way_is_named(
    tmp_path: Path, prepare: Callable[[Path], object], error: type[OSError] | tuple[type[OSError], ...]
) -> None:
    path = tmp_path / "runs" / "last.npz"
    path.parent.mkdir()
    prepare(path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(error) as raised, atomic_file(path) as temporary:
        temporary.write_text("new")
    assert str(raised.value.filename) in (str(path), str(path.parent))
    assert sorted(tmp_path.rglob("*")) == before  # nothing is left behind


def test_an_error_of_something_else_in_the_block_stays_as_it_is(tmp_path: Path) -> None:
    """A download that fails, or another file that is not there, is not about the file that is written."""

    class NoConnectionError(OSError):
        pass

    path = tmp_path / "file"

    def fail(error: OSError) -> None:
        with atomic_file(path) as temporary:
            temporary.write_text("half")
            raise error

    for error in (NoConnectionError("no answer"), FileNotFoundError(2, "No such file", "another file")):
        with pytest.raises(type(error)) as raised:
            fail(error)
        assert raised.value is error
        assert [*tmp_path.iterdir()] == []


def test_an_error_without_a_reason_is_told_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="the encoder broke") as raised, atomic_file(tmp_path / "video.mp4"):
        raise OSError("the encoder broke")
    assert raised.value.filename == str(tmp_path / "video.mp4")


def test_a_leftover_that_another_process_removes_first_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, old = tmp_path / "file", tmp_path / ".file.4711.tmp"
    old.write_bytes(b"half")
    os.utime(old, (1e9, 1e9))

    unlink = Path.unlink

    def late(self: Path, missing_ok: bool = False) -> None:
        unlink(self, missing_ok=True)  # the other process
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", late)
    with atomic_file(path) as temporary:
        temporary.write_text("whole")
    assert [*tmp_path.iterdir()] == [path]
