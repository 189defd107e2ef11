"""Constants that decide which kernel computes what: each only changes the speed, and at most the last bits of results.

They were chosen by timing on x86-64 processors with AVX-512, with NumPy's OpenBLAS and float32. Commits named here say
by how much a training step or a forward pass became faster; to tune for another machine, change one constant at a time
and run `scripts/benchmark.py nn`.
"""

# ---- Threads (threads.py)

# Additions and multiplications below which waking a thread takes longer than the work.
MIN_PARALLEL_WORK = 1 << 22

# ---- Matrix products (matmul.py)

# Multiplications up to which OpenBLAS, on processors with AVX-512, multiplies two matrices as they lie. Larger ones it
# copies into another order first: for matrices of few rows, up to a third of the time (0062cd7, 3886de3, 6a0b089).
SMALL_PRODUCT = 1_000_000

# Numbers in the result up to which it does so for a product with a transposed matrix.
SMALL_TRANSPOSED_RESULT = 1200

# Columns of a block of a product: fastest at about 100; below 48 vector instructions stay half empty.
BLOCK_COLUMNS, MIN_BLOCK_COLUMNS = 112, 48

# Rows of a block of a product with a transposed matrix, at least.
MIN_BLOCK_ROWS = 8

# Length of a block along the axis that is cut, at least; see MIN_BLOCK_COLUMNS.
MIN_BLOCK_LENGTH = 48

# Partial sums must stay in the processor's cache, which from this many numbers on they do not (edb1cae: CNN A trains 2
# to 3 % faster). So of many rows a few are multiplied at a time, if then the blocks can be at least so long (9c242e8:
# the policy CNN and CNN A train 3 % faster).
MAX_PARTIAL_SUMS = 1 << 18
ROWS_AT_A_TIME, MIN_LENGTH_OF_FEW_ROWS = 32, 192

# Numbers of an output up to which a bias is repeated for each example before it is added: NumPy adds long rows quickly,
# but takes long between rows.
MAX_REPEATED_BIAS = 4096

# ---- Reductions (reductions.py)

# Numbers in a row up to which the maxima of rows are computed from columns that are copied side by side.
MAX_SHORT_ROW = 64

# ---- Convolution (convolution.py, im2col.py, winograd.py)

# Winograd's algorithm is faster than im2col from C · O / (C + O) = 8 on, since sums of rows take time that grows with
# C + O and what they save grows with C · O, and from 17 million additions and multiplications in all (6a0b089).
WINOGRAD_MIN_CHANNELS, WINOGRAD_MIN_WORK = 8, 1 << 24

# Numbers of the copied columns that are still in the processor's cache when they are multiplied.
WINOGRAD_MAX_COLUMNS = 200_000

# Numbers of an output that are still in the processor's cache when the bias is added (d90a3d8).
MAX_CACHED_OUTPUT = 1 << 16

# ---- Layers

# Numbers up to which ReLU is fastest by comparing with one zero that is an array; with as many zeros; or, in another
# memory order, with the Python number 0. Above, it is `clip`, which reads no second array.
RELU_MAX_ONE_ZERO, RELU_MAX_ZEROS, RELU_MAX_NUMBER = 512, 40_000, 8_000

# Numbers that layer normalisation processes at a time, so that several passes find them in the processor's cache.
LAYER_NORM_BLOCK = 1 << 16

# ---- Networks

# Images that pass through all layers at a time in inference: what one layer hands to the next then stays in the cache.
INFERENCE_IMAGES = 128

# Copies of a network that compute parts of a batch in threads: more threads than these find no work.
REPLICAS = 4

# Examples in a part: few enough for the cache, enough to be worth the calls.
REPLICA_IMAGES, REPLICA_VECTORS = 128, 512

# ---- Processes (parallel/all_reduce.py)

# Polls before a process sleeps, some milliseconds: being woken takes longer than most waiting does.
ALL_REDUCE_POLLS = 20_000
