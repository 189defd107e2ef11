"""Neural networks from scratch, in NumPy alone.

A network is a `Sequential` of layers; all its parameters lie in one vector, `network.flat`.

    network = nn.Sequential([nn.Dense(16, 12), nn.Tanh(), nn.Dense(12, 1)], input_shape=(16,), rng=0)
    y = network.forward(x)                            # (N, 16) -> (N, 1)
    ys = network.population(genomes).forward(xs)      # genomes (M, 217): (M, B, 16) -> (M, B, 1)
    nn.save("network.npz", network)
    network, metadata = nn.load("network.npz")
"""

from nn import files
from nn.activations import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from nn.dense import Dense
from nn.files import load, save
from nn.flatten import Flatten
from nn.layer import Layer, Parameter
from nn.sequential import Sequential

__all__ = [
    "Dense",
    "Flatten",
    "Layer",
    "LeakyReLU",
    "Parameter",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "files",
    "load",
    "save",
]
