"""The report at the end of a classifier's training: test accuracy, figures, weights, result.json."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from scripts.common.learning_curves import save_classifier_curve
from scripts.common.paths import quoted
from scripts.common.run_folder import RunFolder
from scripts.common.terminal import print_sentence
from scripts.vision.classifier import Classifier
from scripts.vision.figures import save_confusion, save_filters, save_mistakes
from scripts.vision.image_dataset import ImageDataset

LEFT = "best.npz, last.npz, metrics.csv, curve.png, confusion.png, mistakes.png, filters.png, result.json"


def report(
    classifier: Classifier,
    folder: RunFolder,
    dataset: ImageDataset,
    validation: tuple[NDArray[np.uint8], NDArray[np.integer[Any]]],
    history: Sequence[dict[str, float]],
    console: Console,
) -> dict[str, Any]:
    """Measure the network on the test images; write its weights, the figures and the result.

    Args:
        classifier: with the weights to keep.
        folder: of the run.
        dataset: the images.
        validation: images that were held out, and their labels; maybe none.
        history: of the training.
        console: to print to.
    """
    images, labels = validation
    result: dict[str, Any] = {}
    if len(labels):
        predicted = classifier.probabilities(images).argmax(axis=1)
        result["validation_accuracy"] = float(np.mean(predicted == labels))
    probabilities = classifier.probabilities(dataset.test_images)
    test_labels, predicted = dataset.test_labels.astype(np.int64), probabilities.argmax(axis=1)
    K = len(dataset.classes)
    confusion = np.bincount(test_labels * K + predicted, minlength=K * K).reshape(K, K)
    result = {"test_accuracy": float(np.mean(predicted == test_labels)), **result}
    result |= {
        "train_seconds": history[-1]["seconds"],
        "epochs": len(history),
        "parameters": classifier.network.flat.size,
        "train_images": len(dataset.labels) - len(labels),
        "test_images": len(test_labels),
        "views": classifier.views,
    }
    classifier.notes |= result
    classifier.save(folder.path / "best.npz")
    folder.write_json("result.json", result)
    save_classifier_curve(history, folder.path / "curve.png")
    save_confusion(confusion, dataset.classes, folder.path / "confusion.png")
    save_mistakes(dataset.test_images, test_labels, probabilities, dataset.classes, folder.path / "mistakes.png")
    save_filters(classifier.network, folder.path / "filters.png")
    views = f", {classifier.views} views each" if classifier.views > 1 else ""
    print_sentence(console, f"Left in {folder.path}: {LEFT}")
    console.print(
        f"Test accuracy {result['test_accuracy']:.2%} ({np.trace(confusion):,} of {len(test_labels):,} images{views})"
    )
    place = quoted(folder.path)
    window = f"digits.py {place}" if classifier.digits else f"images.py FOLDER --networks {place}"
    console.print(f"See it at work:  python scripts/{window}", soft_wrap=True)
    return result
