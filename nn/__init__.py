"""Neural networks from scratch, in NumPy alone.

A network is a `Sequential` of layers; all its parameters lie in one vector, `network.flat`.

    network = nn.Sequential([nn.Dense(16, 12), nn.Tanh(), nn.Dense(12, 1)], input_shape=(16,), rng=0)
    y = network.forward(x)                            # (N, 16) -> (N, 1)
    ys = network.population(genomes).forward(xs)      # genomes (M, 217): (M, B, 16) -> (M, B, 1)
    nn.save("network.npz", network)
    network, metadata = nn.load("network.npz")
"""

from nn import files, schedules
from nn.averaging import WeightAverage
from nn.callback import Callback
from nn.clipping import clip_by_global_norm
from nn.files import load, save
from nn.fused.batch_norm_max_pool import BatchNormMaxPool2D
from nn.fused.center_conv2d import CenterConv2D
from nn.kernels import threads
from nn.layer import Layer, Parameter
from nn.layers.activations import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from nn.layers.batch_norm import BatchNorm
from nn.layers.conv2d import Conv2D
from nn.layers.dense import Dense
from nn.layers.dropout import Dropout
from nn.layers.flatten import Flatten
from nn.layers.layer_norm import LayerNorm
from nn.layers.pooling import AvgPool2D, MaxPool2D
from nn.losses import BinaryCrossEntropy, Huber, Loss, MeanSquaredError, SoftmaxCrossEntropy, log_softmax
from nn.optimisers import SGD, Adam, AdamW, Optimiser, RMSProp
from nn.parallel.data_parallel import DataParallel
from nn.parallel.replicas import Replicas
from nn.prediction import predict
from nn.pretrained import pretrained
from nn.sequential import Sequential
from nn.split import Split
from nn.trainer import Trainer

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "AvgPool2D",
    "BatchNorm",
    "BatchNormMaxPool2D",
    "BinaryCrossEntropy",
    "Callback",
    "CenterConv2D",
    "Conv2D",
    "DataParallel",
    "Dense",
    "Dropout",
    "Flatten",
    "Huber",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Loss",
    "MaxPool2D",
    "MeanSquaredError",
    "Optimiser",
    "Parameter",
    "RMSProp",
    "ReLU",
    "Replicas",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "SoftmaxCrossEntropy",
    "Split",
    "Tanh",
    "Trainer",
    "WeightAverage",
    "clip_by_global_norm",
    "files",
    "load",
    "log_softmax",
    "predict",
    "pretrained",
    "save",
    "schedules",
    "threads",
]
