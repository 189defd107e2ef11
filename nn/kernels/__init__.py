"""What makes layers fast: matrix products, im2col, Winograd, threads, scratch memory, and the constants behind them."""
