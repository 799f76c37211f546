"""Words between which flags and gin files choose. Flags are read without TensorFlow."""

# Of checkpoints: the newest.
LATEST = "latest"
# Of log lines: sums, or every loss.
SHORT, LONG = "short", "long"
# Of what a checkpoint holds: the slow copy, or the weights as trained.
AVERAGED = "ema"
WEIGHTS = (AVERAGED, "raw")
# Of `--protocol`: a table of all.
LIST = "list"
# Keras' names of precisions by ours.
PRECISIONS = {
    "float32": "float32",
    "float16": "mixed_float16",
    "mixed_float16": "mixed_float16",
    "bfloat16": "mixed_bfloat16",
    "mixed_bfloat16": "mixed_bfloat16",
}
