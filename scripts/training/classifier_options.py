"""Options of every training of an image classifier."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from joblib import cpu_count

from scripts.common.command_line import check_threads, require_positive
from scripts.training.run_options import RunOptions

NUM_SHARDS = 2  # of a batch; the same for any number of threads, so that rounding is the same


@dataclass(frozen=True, kw_only=True)
class ClassifierOptions(RunOptions):
    """Options that all image classifiers share."""

    not_kept = ("threads",)
    overridable = ("budget", "epochs", "views", "data_dir", "folder")
    length_option = "epochs"
    group: ClassVar[str] = "Algorithm"

    budget: Annotated[str, "Main"] = "60s"
    """Training time, such as 90s, 15m or 2h. With --resume, the time of all parts together."""
    epochs: Annotated[int | None, "Main"] = None
    """Train for this number of passes over the images instead of a time; then the same seed gives the same weights."""
    threads: Annotated[int, "Main"] = cpu_count()
    """Threads that compute; from 2 on, processes that each take half of a batch. The result does not depend on it."""
    batch_size: int = 128
    """Images in a step."""
    learning_rate: float = 2e-3
    """Highest learning rate of the one-cycle schedule, which rises first and then falls to nearly 0."""
    weight_decay: float = 0.01
    """Weight decay of AdamW, relative to the learning rate."""
    label_smoothing: float = 0.0
    """Share of a label that is spread over all classes."""
    ema_decay: float = 0.999
    """Decay of the exponential moving average of the weights, which is the network that is kept."""
    validation: float = 0.1
    """Share of the training images that choose the best epoch; with 0, all are trained on and the last is kept."""
    views: int = 1
    """Views of each image, slightly shifted, over which the final figures are averaged (test-time augmentation)."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        of_some = ("channels", "convolutions", "hidden", "group_size")  # options of some networks only
        sizes = [name for name in of_some if hasattr(self, name)]
        require_positive(self, "epochs", "threads", "views", *sizes)
        check_threads(self.threads)
        for name in ("ema_decay", "dropout"):
            if not 0 <= getattr(self, name, 0.0) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; give a number from 0 to below 1")
        if self.batch_size < NUM_SHARDS:
            raise ValueError(f"batch_size is {self.batch_size}; give {NUM_SHARDS} images or more")
        if not 0 <= self.validation < 1:
            raise ValueError(f"validation is {self.validation}; give a share of the training images, such as 0.1")
