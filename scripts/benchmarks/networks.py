"""Training and forward passes of our networks, compared with PyTorch and scikit-learn with the same number of threads.

A training step is forward pass, cross-entropy, backward pass and Adam, always on the same random batch. "2 threads"
means two cores: for ours the fastest of two threads that share each layer, two processes that share the batch
(`nn.DataParallel`), and two BLAS threads that share each product; for PyTorch two threads in its fastest mode.
"""

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

import nn
from scripts.benchmarks import peers
from scripts.benchmarks.comparison import Comparison, Measure, fastest, repeat

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


def dense(*sizes: int) -> nn.Sequential:
    """Return dense layers with ReLU between them."""
    layers: list[nn.Layer] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Dense(inputs, outputs), nn.ReLU()]
    return nn.Sequential(layers[:-1], input_shape=sizes[:1], rng=0)


def convolutional(
    C: int, size: int, channels: Sequence[int], activation: nn.Layer, hidden: int, classes: int
) -> nn.Sequential:
    """Return blocks of convolution, normalisation, pooling and ReLU, then two dense layers with dropout."""
    shape = (C, size, size)
    layers: list[nn.Layer] = []
    for outputs in channels:  # ReLU and pooling can be swapped; this order is less work
        layers += [nn.Conv2D(C, outputs, bias=False), nn.BatchNormMaxPool2D(outputs), nn.ReLU()]
        C, size = outputs, size // 2
    layers += [nn.Flatten(), nn.Dense(C * size * size, hidden), activation]
    layers += [nn.Dropout(0.3), nn.Dense(hidden, classes)]
    return nn.Sequential(layers, input_shape=shape, rng=0)


def policy() -> nn.Sequential:
    """Return a convolutional policy for Snake on 10 x 10."""
    layers = [nn.Conv2D(4, 16), nn.ReLU(), nn.Conv2D(16, 32), nn.ReLU()]
    layers += [nn.Flatten(), nn.Dense(3200, 128), nn.ReLU(), nn.Dense(128, 4)]
    return nn.Sequential(layers, input_shape=(4, 10, 10), rng=0)


# name: network, batch size, least ratio to PyTorch aimed at with 2 threads
TRAINING: dict[str, tuple[Callable[[], nn.Sequential], int, float]] = {
    "CNN A": (lambda: convolutional(1, 28, (16, 32), nn.ReLU(), 128, 10), 128, 1.6),
    "CNN B": (lambda: convolutional(3, 64, (16, 32, 64, 128), nn.Tanh(), 256, 3), 32, 1.25),
    "policy CNN": (policy, 256, 1.25),
    "MLP 784-128-10": (lambda: dense(784, 128, 10), 128, 1.2),
    "MLP 784-512-256-10": (lambda: dense(784, 512, 256, 10), 128, 1.0),
    "policy MLP": (lambda: dense(32, 64, 64, 4), 256, 2.0),
}
# network, batch size, least ratio to TorchScript aimed at with 1 thread
FORWARD = (
    ("policy MLP", 1, 2.0),
    ("policy MLP", 32, 1.7),
    ("policy CNN", 1, 1.15),
    ("policy CNN", 32, 1.15),
    ("policy CNN", 1024, 1.4),
)


def comparisons(thread_counts: Sequence[int], seconds: float) -> Iterator[Comparison]:
    """Yield the comparisons; seconds is the length of one trial of a peer's mode."""
    missing = peers.missing()
    for package in missing:
        print(f"{package} is not installed; ours is measured alone there (pip install {package})", file=sys.stderr)
    torch, sklearn = "torch" not in missing, "scikit-learn" not in missing
    for threads in thread_counts:
        nn.threads.use(threads)
        ending = f"{threads} thread{'s' * (threads > 1)}"
        peak = sgemm_peak(threads, seconds)
        for name, (make, batch, target) in TRAINING.items():
            network = make()
            x, labels = batch_for(network, batch)
            title = f"training {name}, batch {batch}, {ending} / PyTorch"
            print(title, file=sys.stderr)
            mode, theirs = peers.torch_training(network, x, labels, threads, seconds) if torch else peers.ABSENT
            with nn.DataParallel(network, nn.SoftmaxCrossEntropy(), num_shards=threads) as processes:
                yield Comparison(
                    name=title,
                    ours=training(network, x, labels, batch, processes, seconds),
                    theirs=theirs,
                    target=target if threads == 2 else None,
                    mode=mode,
                    peak=peak / operations(network, training=True),
                )
        network = dense(784, 128, 10)
        x, labels = batch_for(network, 32 * 128)
        title = f"training MLP 784-128-10, batch 128, {ending} / scikit-learn"
        print(title, file=sys.stderr)
        mode, theirs = peers.sklearn_training(x, labels, 128, threads, seconds) if sklearn else peers.ABSENT
        with nn.DataParallel(network, nn.SoftmaxCrossEntropy(), num_shards=threads) as processes:
            yield Comparison(
                name=title,
                ours=training(network, x, labels, 128, processes, seconds),
                theirs=theirs,
                target=2.0,
                mode=mode,
                peak=peak / operations(network, training=True),
            )
    nn.threads.use(1)
    peak = sgemm_peak(1, seconds)
    for name, batch, target in FORWARD:
        network = TRAINING[name][0]()
        x, _ = batch_for(network, batch)
        title = f"forward {name}, batch {batch}, 1 thread / TorchScript"
        print(title, file=sys.stderr)
        mode, theirs = peers.torch_forward(network, x, seconds) if torch else peers.ABSENT
        yield Comparison(
            name=title,
            ours=forward(network, x),
            theirs=theirs,
            target=target,
            mode=mode,
            peak=peak / operations(network, training=False),
        )


def batch_for(network: nn.Sequential, N: int) -> tuple[FloatArray, IntArray]:
    """Return random inputs (N, ...) and labels (N,)."""
    rng = np.random.default_rng(0)
    classes = network.output_shape(network.input_shape)[0]
    return rng.standard_normal((N, *network.input_shape), np.float32), rng.integers(classes, size=N)


def training(
    network: nn.Sequential, x: FloatArray, labels: IntArray, batch: int, processes: nn.DataParallel, seconds: float
) -> Measure:
    """Return the samples per second of training with threads, processes or BLAS threads, whichever is fastest."""
    adam = nn.Adam(network, peers.LEARNING_RATE)
    batches = [(x[start : start + batch], labels[start : start + batch]) for start in range(0, len(x), batch)]

    def speed(parallel: nn.DataParallel) -> Measure:
        def learn() -> None:
            for some, targets in batches:
                network.gradient = 0
                parallel.accumulate_gradients(some, targets)
                adam.step()

        return repeat(learn, len(x))

    with_threads = speed(nn.DataParallel(network, processes.loss, num_shards=1))

    def blas_threads(seconds: float) -> float:
        with nn.threads.blas_threads():
            return with_threads(seconds)

    with_processes = speed(processes)

    def one_thread_each(seconds: float) -> float:
        threads = nn.threads.count()
        nn.threads.use(1)
        try:
            return with_processes(seconds)
        finally:
            nn.threads.use(threads)

    modes = {"ours with threads": with_threads}
    if processes.num_shards > 1:
        modes["ours with processes"] = one_thread_each
        if "scikit-learn" not in peers.missing():  # threadpoolctl comes with it
            modes["ours with BLAS threads"] = peers.with_blas(blas_threads, processes.num_shards)
    return modes[fastest(modes, seconds)]


def forward(network: nn.Sequential, x: FloatArray) -> Measure:
    """Return the samples per second of forward passes."""
    return repeat(lambda: network.forward(x), len(x))


def operations(network: nn.Sequential, *, training: bool) -> int:
    """Return the number of multiplications and additions in the matrix products for one sample.

    A forward pass has one product for each layer; training has two more, for the gradients of weights and inputs, but
    the gradient of the first layer's inputs is not needed.
    """
    products = []
    shape = network.input_shape
    for layer in network.layers:
        shape = layer.output_shape(shape)
        if isinstance(layer, nn.Dense | nn.Conv2D):
            products.append(2 * layer.weight.size * math.prod(shape[1:]))
    return 3 * sum(products) - products[0] if training else sum(products)


def sgemm_peak(threads: int, seconds: float) -> float:
    """Return the multiplications and additions per second in products of large float32 matrices, one in each thread."""
    a, b = np.random.default_rng(0).standard_normal((2, threads, 1024, 1024), np.float32)
    c = np.empty_like(a)
    work = 2 * a.size * 1024

    def multiply(some: slice) -> None:
        np.matmul(a[some], b[some], out=c[some])

    speed = repeat(lambda: nn.threads.parallel_for(multiply, threads, work), work)
    return max(speed(seconds) for _ in range(5))
