"""The training of an image classifier, whatever the images show: training, checkpoints, report.

`train_mnist.py` and `train_images.py` add their images, networks and augmentation.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import nn
from scripts.common.budget import parse_budget
from scripts.common.run_files import TrainingConfig
from scripts.common.run_folder import RunFolder, damaged
from scripts.common.terminal import make_console, print_sentence
from scripts.training.classifier_options import NUM_SHARDS, ClassifierOptions
from scripts.training.classifier_progress import ClassifierProgress
from scripts.training.classifier_report import report
from scripts.training.run import begin_run
from scripts.vision.augmentation import Normalisation
from scripts.vision.classifier import Classifier
from scripts.vision.image_dataset import ImageDataset
from scripts.vision.image_folder import class_weights


def train(
    options: ClassifierOptions,
    folder: RunFolder,
    dataset: ImageDataset,
    network: nn.Sequential,
    normalisation: Normalisation,
    augment: Callable[[NDArray[np.uint8], np.random.Generator], NDArray[np.float32]],
) -> dict[str, Any]:
    """Train the network, measure it, and leave a run folder; return the content of its result.json.

    Args:
        options: of the run, and
        folder: its folder, both from `open_run`.
        dataset: the images.
        network: untrained.
        normalisation: from images to the network's input.
        augment: (images, generator) -> a batch of the network's input, changed at random.
    """
    nn.threads.use(options.threads)
    held_out = dataset.held_out if dataset.held_out is not None else _validation_split(dataset.labels, options)
    images, labels = dataset.images[~held_out], dataset.labels[~held_out]
    validation = (normalisation(dataset.images[held_out]), dataset.labels[held_out]) if held_out.any() else None
    trainer = nn.Trainer(
        network,
        nn.SoftmaxCrossEntropy(options.label_smoothing, class_weights(labels, len(dataset.classes))),
        nn.AdamW(network, options.learning_rate, weight_decay=options.weight_decay),
        schedule=nn.schedules.one_cycle(options.learning_rate),
        batch_size=min(options.batch_size, len(labels)),
        ema_decay=options.ema_decay,
        augment=augment,
        num_shards=NUM_SHARDS,
        processes=options.threads > 1,
        seed=options.seed,
    )
    classifier = Classifier(network, dataset.classes, dataset.images.ndim == 3, normalisation, options.views)
    # Errors that the first step or the final figures would raise are raised now, before anything is written.
    classifier.probabilities(dataset.test_images[:1])
    augment(dataset.images[:1], np.random.default_rng(0))
    digest = hashlib.sha256(dataset.images.tobytes() + dataset.labels.tobytes()).hexdigest()
    if options.resume and folder.read_json("config.json", TrainingConfig).get("images_sha256", digest) != digest:
        raise ValueError(f"{folder.path} was trained on other images; give those, or start a new run")
    last = folder.path / "last.npz"
    if options.resume and last.exists():
        with damaged(last):
            trainer.restore(*nn.files.read(last))
    classifier.notes = begin_run(options, folder, images_sha256=digest)
    console = make_console()
    print_sentence(
        console,
        f"Training {network.flat.size:,} parameters on {len(labels):,} images in {folder.path}; "
        "Ctrl-C stops and keeps what was learned.",
    )
    seconds = parse_budget(options.budget) if options.epochs is None else None
    with ClassifierProgress(folder, classifier, trainer, console) as progress:
        trainer.fit(images, labels, epochs=options.epochs, seconds=seconds, validation=validation, callbacks=[progress])
    if not trainer.history:
        raise SystemExit("stopped before the first epoch ended; give a larger --budget")
    validation_images = (dataset.images[held_out], dataset.labels[held_out])
    return report(classifier, folder, dataset, validation_images, trainer.history, console)


def _validation_split(labels: NDArray[np.integer[Any]], options: ClassifierOptions) -> NDArray[np.bool_]:
    """Which images are held out for validation, (N,): the same share of every class."""
    rng = np.random.default_rng(options.seed)
    held_out = np.zeros(len(labels), np.bool_)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        held_out[members[: min(round(options.validation * len(members)), len(members) - 1)]] = True
    return held_out
