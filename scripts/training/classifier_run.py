"""What training a classifier of pictures is, whatever they show: options, the run folder, training, the final figures.

`train_mnist.py` and `train_images.py` add their pictures, networks and augmentation.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

import nn
from scripts.common.budget import parse_budget
from scripts.common.command_line import check_seed, typed_command
from scripts.common.learning_curves import save_training_curve
from scripts.common.run_folder import RunFolder
from scripts.training.classifier_progress import TrainingProgress
from scripts.training.resuming import Resumable, resumed
from scripts.vision.augmentation import Normalisation
from scripts.vision.classifier import Classifier
from scripts.vision.figures import save_confusion, save_filters, save_mistakes
from scripts.vision.image_folder import class_weights


@dataclass(frozen=True, kw_only=True)
class Options(Resumable):
    """What every training of a classifier takes; a script adds its own, and says which `kind` of run it is."""

    changeable = ("threads",)
    adjustable = ("budget", "epochs", "views", "data_dir", "folder")
    counted = "epochs"

    seed: int = 0
    """Of the first weights, the validation pictures, and all chance in training."""
    budget: str = "60s"
    """Training time, such as 90s, 15m or 2h; with --resume the time of all parts together."""
    epochs: int | None = None
    """Train for so many passes over the pictures instead of a time: then the same seed gives the same weights."""
    out: Path | None = None
    """Run folder; by default a new one under runs/."""
    resume: Path | None = None
    """Run folder to go on with; only budget, epochs, views, threads and where the pictures lie can be
    chosen anew."""
    threads: int = os.cpu_count() or 1
    """Threads that compute; from 2 on, processes that each learn from half of a batch. What is learnt does not depend
    on them."""
    batch: int = 128
    """Pictures a step."""
    learning_rate: float = 2e-3
    """At its peak: it rises first, then falls to nearly nothing (one cycle)."""
    weight_decay: float = 0.01
    """Share of the weights that is taken off, times the learning rate, at each step (AdamW)."""
    smoothing: float = 0.0
    """Share of a label that is spread over all classes."""
    average: float = 0.999
    """The network in use is a running average of the weights, which keeps this share at each step."""
    validation: float = 0.1
    """Share of the training pictures on which the best epoch is chosen; with 0 all are trained on, and the last is."""
    views: int = 1
    """How many slightly moved views of each picture the final figures are averaged over."""


class Pictures(NamedTuple):
    """Everything to train on and to measure by."""

    images: NDArray[np.uint8]  # (N, H, W) or (N, H, W, C), to train on
    labels: NDArray[np.integer[Any]]  # (N,) into classes
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.integer[Any]]
    classes: tuple[str, ...]


Chosen = TypeVar("Chosen", bound=Options)
SHARES = 2  # of a batch; as many whatever the number of threads, so that rounding is the same


def continued(options: Chosen, *kinds: type[Chosen]) -> Chosen:
    """The options themselves; or with `resume` those of the run to go on with, which is of one of these kinds.

    Raises:
        FileNotFoundError: there is no run to go on with.
        ValueError: it is of another kind, or the seed is none.
    """
    check_seed(options.seed)
    if options.resume is not None:
        options = resumed(options, RunFolder.existing(options.resume), kinds)
    else:
        RunFolder.new(options.out, options.kind)  # what would fail after all pictures are read fails now
    _check(options)
    return options


def train(
    options: Options,
    pictures: Pictures,
    network: nn.Sequential,
    normalisation: Normalisation,
    augment: Callable[[NDArray[np.uint8], np.random.Generator], NDArray[np.float32]],
) -> dict[str, Any]:
    """Train the network and leave a complete run folder; what it gives back is the folder's result.json."""
    nn.threads.use(options.threads)
    aside = _validation_part(pictures.labels, options)
    images, labels = pictures.images[~aside], pictures.labels[~aside]
    validation = (normalisation(pictures.images[aside]), pictures.labels[aside]) if aside.any() else None
    seconds = parse_budget(options.budget) if options.epochs is None else None
    trainer = nn.Trainer(
        network,
        nn.SoftmaxCrossEntropy(options.smoothing, class_weights(labels, len(pictures.classes))),
        nn.AdamW(network, options.learning_rate, weight_decay=options.weight_decay),
        schedule=nn.schedules.one_cycle(options.learning_rate),
        batch_size=min(options.batch, len(labels)),
        ema_decay=options.average,
        augment=augment,
        num_shards=SHARES,
        processes=options.threads > 1,
        seed=options.seed,
    )
    classifier = Classifier(network, pictures.classes, pictures.images.ndim == 3, normalisation, options.views)
    classifier.probabilities(pictures.test_images[:1])  # what would fail at the end fails now

    augment(pictures.images[:1], np.random.default_rng(0))  # and what would fail in the first step
    folder = RunFolder.existing(options.resume) if options.resume else RunFolder.new(options.out, options.kind)
    digest = hashlib.sha256(pictures.images.tobytes() + pictures.labels.tobytes()).hexdigest()
    if options.resume and folder.read_json("config.json").get("pictures", digest) != digest:
        raise ValueError(f"{folder.path} was trained on other pictures; give those, or start a new run")
    last = folder.path / "last.npz"
    if last.exists():
        trainer.restore(*nn.files.read(last))
    classifier.notes = _begin_run(options, digest, folder)
    console = Console(markup=False)  # names of folders may hold brackets
    console.print(
        f"Training {network.flat.size:,} parameters on {len(labels):,} pictures in {folder.path}; "
        "Ctrl-C stops and keeps what was reached."
    )
    with TrainingProgress(folder, classifier, console) as progress:
        trainer.fit(images, labels, epochs=options.epochs, seconds=seconds, validation=validation, callbacks=[progress])
    if not trainer.history:
        raise SystemExit("stopped before the first epoch ended; give a larger --budget")
    return _report(classifier, folder, pictures, aside, trainer.history, console)


def _check(options: Options) -> None:
    """Refuse what would fail later."""
    if options.batch < SHARES:
        raise ValueError(f"batch is {options.batch}; give {SHARES} pictures or more")
    for name in ("epochs", "threads", "views"):
        count = getattr(options, name)
        if count is not None and count < 1:
            raise ValueError(f"{name} is {count}; give 1 or more")
    parse_budget(options.budget)
    if not 0 <= options.validation < 1:
        raise ValueError(f"validation is {options.validation}; choose a share of the training pictures, such as 0.1")


def _begin_run(options: Options, digest: str, folder: RunFolder) -> dict[str, Any]:
    """Write down what the run is, or that it goes on, and what was chosen anew; the folder's config.json."""
    stored = {name: str(value) if isinstance(value, Path) else value for name, value in asdict(options).items()}
    stored |= {"kind": options.kind, "resume": None, "pictures": digest, "command": typed_command()}
    del stored["given"]
    if options.resume is None:
        folder.claim()
        folder.write_json("config.json", stored | {"out": str(folder.path)})
        return folder.read_json("config.json")
    folder.tidy()
    before = folder.read_json("config.json")
    if any(stored[name] != before.get(name) for name in options.adjustable if name in stored):
        commands = f"{before['command']} && {stored['command']}"
        folder.write_json("config.json", before | stored | {"out": before["out"], "command": commands})
    (folder.path / "result.json").unlink(missing_ok=True)  # it will be another one
    return folder.read_json("config.json")


def _validation_part(labels: NDArray[np.integer[Any]], options: Options) -> NDArray[np.bool_]:
    """Which pictures are kept for validation, (N,): the same share of every class."""
    rng = np.random.default_rng(options.seed)
    aside = np.zeros(len(labels), np.bool_)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        aside[members[: min(round(options.validation * len(members)), len(members) - 1)]] = True
    return aside


def _report(
    classifier: Classifier,
    folder: RunFolder,
    pictures: Pictures,
    aside: NDArray[np.bool_],
    history: list[dict[str, float]],
    console: Console,
) -> dict[str, Any]:
    """Measure the network on the test pictures, and leave weights, figures and result."""
    result: dict[str, Any] = {}
    if aside.any():
        given = classifier.probabilities(pictures.images[aside]).argmax(axis=1)
        result["validation_accuracy"] = float(np.mean(given == pictures.labels[aside]))
    probabilities = classifier.probabilities(pictures.test_images)
    labels, given = pictures.test_labels.astype(np.int64), probabilities.argmax(axis=1)
    K = len(pictures.classes)
    confusion = np.bincount(labels * K + given, minlength=K * K).reshape(K, K)
    result = {"test_accuracy": float(np.mean(given == labels)), **result}
    result |= {
        "train_seconds": history[-1]["seconds"],
        "epochs": len(history),
        "parameters": classifier.network.flat.size,
        "training_pictures": int((~aside).sum()),
        "test_pictures": len(labels),
        "views": classifier.views,
    }
    classifier.notes |= result
    classifier.save(folder.path / "best.npz")
    folder.write_json("result.json", result)
    save_training_curve(history, folder.path / "curve.png")
    save_confusion(confusion, pictures.classes, folder.path / "confusion.png")
    save_mistakes(pictures.test_images, labels, probabilities, pictures.classes, folder.path / "mistakes.png")
    save_filters(classifier.network, folder.path / "filters.png")
    views = f", {classifier.views} views each" if classifier.views > 1 else ""
    pictures_left = "curve.png, confusion.png, mistakes.png, filters.png"
    console.print(f"Left in {folder.path}: best.npz, last.npz, metrics.csv, {pictures_left}, result.json")
    console.print(
        f"Test accuracy {result['test_accuracy']:.2%} ({np.trace(confusion):,} of {len(labels):,} pictures{views})"
    )
    return result
