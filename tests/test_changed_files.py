"""Files that the product reads back may hold anything: each loader refuses them with one error that names the file.

A new loader needs one function here, which writes good files, and returns those to change and what reads them.
"""

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

import agents
import nn
from agents.policies.network_agent import NetworkAgent
from agents.policies.table import Discretizer, Table
from agents.policies.table_agent import TableAgent
from nn.file_error import reading
from scripts import compare, package_agent, train, train_images, train_mnist
from scripts.common.learning_curves import food_curve
from scripts.common.run_folder import RunFolder
from scripts.games.episode import play_episode
from scripts.games.high_scores import HighScores, Score
from scripts.games.live_run import LiveRun
from scripts.games.playback_game import PlaybackGame
from scripts.games.players import find_agent
from scripts.games.replay import open_replay, save_replay
from scripts.training import classifier_run, snake_run
from scripts.vision import image_folder, mnist
from scripts.vision.augmentation import Normalisation
from scripts.vision.classifier import Classifier
from tests.support.digits import small_mnist
from tests.support.mutations import changed
from tests.support.trainers import HELD_OUT, X, Y, everything

Read = Callable[[], object]
Loader = Callable[[Path], tuple[list[Path], Read]]  # from an empty folder to the files to change, and what reads them

BOARD = {"height": 5, "width": 6, "hunger_limit": 30}
TINY = ["--height", "5", "--width", "6", "--hunger-limit", "30", "--final-games", "2", "--budget", "9h"]
LEARN = ["--threads", "1", "--n-envs", "4", "--validation-games", "2", "--n-validations", "1"]
KINDS = {
    "es": "--generations {} --n-episodes 1 --hidden 1 --population-size 4 --workers 1",
    "ga": "--generations {} --n-episodes 1 --hidden 1 --population-size 4 --elite 1 --workers 1",
    "q": "--total-timesteps {}6 --n-steps 4 " + " ".join(LEARN),
    "ppo": "--total-timesteps {}6 --n-steps 4 --hidden 4 --channels 2 --observation planes " + " ".join(LEARN),
    "pqn": "--total-timesteps {}6 --n-steps 4 --hidden 4 --observation features " + " ".join(LEARN),
    "dqn": "--total-timesteps {}6 --train-freq 4 --hidden 4 --observation features --learning-starts 8 --buffer-size 40"
    " --batch-size 4 --prioritized-replay " + " ".join(LEARN),
}
LOADERS: dict[str, Loader] = {}


def loader(make: Loader) -> Loader:
    LOADERS[make.__name__] = make
    return make


@loader
def network(folder: Path) -> tuple[list[Path], Read]:
    inner = nn.Sequential([nn.Conv2D(2, 3, padding="valid"), nn.BatchNorm(3), nn.LeakyReLU(0.1)])
    heads = nn.Split(nn.Dense(12, 4), nn.Sequential([nn.Dense(12, 3), nn.Tanh(), nn.Dense(3, 1)]))
    layers = [inner, nn.MaxPool2D(2), nn.LayerNorm((3, 2, 2)), nn.Flatten(), nn.Dropout(0.2), heads]
    nn.save(folder / "a.npz", nn.Sequential(layers, (2, 6, 6), rng=0), {"score": 1})
    x = np.ones((2, 2, 6, 6), np.float32)
    return [folder / "a.npz"], lambda: nn.load(folder / "a.npz")[0].forward(x)


@loader
def trainer(folder: Path) -> tuple[list[Path], Read]:
    before = everything()
    before.fit(X, Y, epochs=1, validation=HELD_OUT)
    nn.files.write(folder / "a.npz", *before.state())

    def read() -> None:
        after = everything()
        with reading(folder / "a.npz"):
            after.restore(*nn.files.read(folder / "a.npz"))
        after.fit(X, Y, epochs=2, validation=HELD_OUT)

    return [folder / "a.npz"], read


@loader
def network_agent(folder: Path) -> tuple[list[Path], Read]:
    layers = [nn.Flatten(), nn.Dense(4 * 5 * 6, 4)]
    board = BOARD | {
        "observation": {"name": "planes"},
        "reward": {"name": "sparse", "food": 2},
        "initial_length": [2, 3],
    }
    NetworkAgent(nn.Sequential(layers, (4, 5, 6), rng=0), board, symmetric=True).save(folder / "a.npz", {"kind": "ppo"})
    return [folder / "a.npz"], lambda: _play(folder / "a.npz")


@loader
def features_agent(folder: Path) -> tuple[list[Path], Read]:
    network = nn.Sequential([nn.Dense(15, 2), nn.Tanh(), nn.Dense(2, 1)], (15,), rng=0)
    NetworkAgent(network, BOARD | {"observation": "features"}, action_features=13).save(folder / "a.npz", {}, half=True)
    return [folder / "a.npz"], lambda: _play(folder / "a.npz")


@loader
def table_agent(folder: Path) -> tuple[list[Path], Read]:
    discretizer = Discretizer((0, 13, 26), (0.0,) * 3, (1.0,) * 3, (2, 3, 4))
    keys = np.array([[0, 1, 2], [1, 2, 3]], np.uint8)
    table = Table.from_state(discretizer, {"keys": keys, "values": np.arange(12.0).reshape(3, 4)})
    TableAgent(table, BOARD | {"observation": "features"}).save(folder / "a.npz", {})
    return [folder / "a.npz"], lambda: _play(folder / "a.npz")


def _play(file: Path) -> None:
    """Play as the commands do."""
    agent = find_agent(str(file), {})
    assert agents.load(file).name == "a"
    for _, _ in zip(range(3), play_episode(agent, {}, 0), strict=False):
        pass


@loader
def classifier(folder: Path) -> tuple[list[Path], Read]:
    small = nn.Sequential([nn.Flatten(), nn.Dense(3 * 4 * 4, 2)], (3, 4, 4), rng=0)
    colours = Classifier(small, ["red", "blue"], False, Normalisation((0.5,) * 3, (0.2,) * 3), views=2)
    colours.save(folder / "a.npz")
    images = np.zeros((1, 4, 4, 3), np.uint8)
    return [folder / "a.npz"], lambda: Classifier.load(folder / "a.npz").probabilities(images)


@loader
def digits(folder: Path) -> tuple[list[Path], Read]:
    small = nn.Sequential([nn.Flatten(), nn.Dense(28 * 28, 10)], (1, 28, 28), rng=0)
    Classifier(small, "0123456789", True, Normalisation()).save(folder / "a.npz", half=True)
    images = np.zeros((1, 28, 28), np.uint8)
    return [folder / "a.npz"], lambda: Classifier.load(folder / "a.npz").probabilities(images)


@loader
def replay(folder: Path) -> tuple[list[Path], Read]:
    game = PlaybackGame("greedy", find_agent("greedy", BOARD), BOARD, 3)
    while not game.over:
        game.step()
    save_replay(game.replay(), folder / "game.json")
    return [folder / "game.json"], lambda: open_replay(folder / "game.json")


@loader
def high_scores(folder: Path) -> tuple[list[Path], Read]:
    for food in (2, 5):
        HighScores(folder / "scores.json").add("10 x 10", Score(food, 30, "2026-11-24"))
    return [folder / "scores.json"], lambda: HighScores(folder / "scores.json").add("10 x 10", Score(9, 1, "today"))


def _resumed_player(kind: str) -> Loader:
    def make(folder: Path) -> tuple[list[Path], Read]:
        run = folder / "run"
        train.main(train.parse([kind, *TINY, *KINDS[kind].format(3).split(), "--out", str(run)]))
        alone = "--workers" if "--workers" in KINDS[kind] else "--threads"
        words = ["--resume", str(run), *KINDS[kind].format(4).split()[:2], alone, "1"]
        return [run / "config.json", run / "last.npz"], lambda: train.main(train.parse(words))

    return make


LOADERS |= {f"resumed_{kind}": _resumed_player(kind) for kind in KINDS}


@loader
def resumed_digits(folder: Path) -> tuple[list[Path], Read]:
    run = folder / "run"
    with pytest.MonkeyPatch.context() as patch:
        small_mnist(folder, patch, train=20, test=10)
        checksums = mnist.FILES
    words = ["mlp", *["--hidden", "2", "--batch-size", "10", "--threads", "1", "--views", "1", "--validation", "0.2"]]
    words += ["--data-dir", str(folder)]

    def read(*words: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(mnist, "FILES", checksums)
            train_mnist.main(train_mnist.parse(words))

    read(*words, "--epochs", "1", "--out", str(run))
    return [run / "config.json", run / "last.npz"], lambda: read(
        "--resume", str(run), "--epochs", "2", "--threads", "1", "--data-dir", str(folder)
    )


@loader
def resumed_images(folder: Path) -> tuple[list[Path], Read]:
    run, images = folder / "run", folder / "images"
    for colour in ("red", "blue"):
        (images / colour).mkdir(parents=True)
        for i in range(6):
            Image.new("RGB", (4, 4), colour).save(images / colour / f"{i}.png")
    sizes = {"size": 4, "channels": 2, "hidden": 2, "batch-size": 4, "threads": 1, "views": 1}
    words = [str(images), *(f"--{name}={number}" for name, number in sizes.items())]
    train_images.main(train_images.parse([*words, "--epochs", "1", "--out", str(run)]))
    again = [str(images), "--resume", str(run), "--epochs", "2", "--threads", "1"]
    return [run / "config.json", run / "last.npz"], lambda: train_images.main(train_images.parse(again))


@loader
def image_cache(folder: Path) -> tuple[list[Path], Read]:
    for colour in ("red", "blue"):
        (folder / colour).mkdir()
        Image.new("RGB", (4, 4), colour).save(folder / colour / "0.png")
    (folder / "red" / "1.png").write_text("no image")

    def read() -> None:
        found = image_folder.read(folder, 4, cache=folder / ".cache")
        assert found.images.shape == (2, 4, 4, 3)
        assert found.labels.tolist() == [0, 1]
        assert len(found.skipped) == 1

    read()
    return list((folder / ".cache").iterdir()), read


def _run_of_player(folder: Path, kind: str) -> Path:
    """Return the folder of a finished run."""
    rows = [
        {"seconds": 1.5 * i, "timesteps": 64 * i, "validation_score": float(i), "validation_full": 0.0} for i in (1, 2)
    ]
    for row in rows:
        row |= {"generation": row["timesteps"], "best_score": 2.0, "mean_score": 1.0} if kind == "es" else {}
        row |= {"episode_score": math.nan, "entropy": 0.5} if kind == "ppo" else {}
    run = RunFolder(folder / kind)
    run.write_json("config.json", {"kind": kind, "height": 5, "width": 6, "command": "python train.py", "seed": 0})
    run.write_metrics(rows)
    figures = {"mean": 1.5, "best": 3.0, "full": 0.0, "steps_per_food": None, "deaths": {"wall": 1}}
    run.write_json("result.json", figures | {"agent": kind, "total_timesteps": 128, "train_seconds": 3.0})
    network = nn.Sequential([nn.Flatten(), nn.Dense(4 * 5 * 6, 4)], (4, 5, 6), rng=0)
    NetworkAgent(network, BOARD).save(run.path / "best.npz", {"kind": kind})
    return run.path


@loader
def compared_players(folder: Path) -> tuple[list[Path], Read]:
    runs = [_run_of_player(folder, kind) for kind in ("es", "ppo")]
    files = [run / name for run in runs for name in ("config.json", "metrics.csv", "result.json")]
    words = [*map(str, runs), "--out", str(folder / "compare.svg")]
    return files, lambda: compare.main(compare.parse(words))


@loader
def compared_classifiers(folder: Path) -> tuple[list[Path], Read]:
    run = RunFolder(folder / "run")
    rows = [{"epoch": i, "step": 5 * i, "seconds": 0.5 * i, "learning_rate": 0.1, "loss": 1.0} for i in (1, 2)]
    run.write_metrics([row | {"validation_loss": 1.0, "validation_accuracy": 0.5} for row in rows])
    run.write_json("config.json", {"kind": "cnn"})
    run.write_json("result.json", {"test_accuracy": 0.5, "parameters": 7, "epochs": 2, "train_seconds": 1.0})
    files = [run.path / name for name in ("config.json", "metrics.csv", "result.json")]
    words = [str(run.path), "--out", str(folder / "compare.svg"), "--over", "timesteps"]
    return files, lambda: compare.main(compare.parse(words))


@loader
def watched_run(folder: Path) -> tuple[list[Path], Read]:
    runs = [_run_of_player(folder, kind) for kind in ("es", "ppo")]

    def read() -> None:
        for run in runs:
            update = LiveRun(run).poll()
            assert update.metrics
            assert update.result
            food_curve(update.metrics)
            f"{update.result['mean']:.1f} {update.result['full']:.0%} {LiveRun(run).config['height']:d}"

    return [run / name for run in runs for name in ("config.json", "metrics.csv", "result.json", "best.npz")], read


@loader
def packaged_run(folder: Path) -> tuple[list[Path], Read]:
    run = _run_of_player(folder, "ppo")
    words = [str(run), "shipped", "--games", "1", "--folder", str(folder / "shipped")]
    files = [run / name for name in ("config.json", "result.json", "best.npz")]
    return files, lambda: package_agent.main(package_agent.parse(words))


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
