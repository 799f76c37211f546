"""Names of what lies in a run folder; `run_folder.py` says what each is. No TensorFlow."""

CONFIG = "config.gin"
OPERATIVE = "operative_config.gin"
CARD = "run.json"
METRICS = "metrics.jsonl"
EVALUATIONS = "eval.jsonl"
LOCK = ".lock"
CHECKPOINTS = "checkpoints"
SAMPLES = "samples"

# How a start has ended, as the card says of it under this key; None while it runs, and for
# good if its process was killed. Earlier versions say nothing.
END = "end"
FINISHED, STOPPED = "finished", "stopped"
DIVERGED, FAILED = "diverged", "failed"
