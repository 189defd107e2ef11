"""Fast array operations for the layers: matrix products, convolution, pooling, threads and scratch memory."""
