"""How a start of a training has ended, for `tfvideogan runs`.

with endings.noted(folder) as ending:
    ...  # train
    ending.how = layout.STOPPED  # if a signal came before the last step
"""

import contextlib
import dataclasses
from collections.abc import Iterator

from tfvideogan.engine.processes import cluster, interruption
from tfvideogan.engine.runs import layout, run_folder
from tfvideogan.engine.training import divergence

_STOPS = (cluster.WorkerLost, interruption.Stopped, KeyboardInterrupt)


@dataclasses.dataclass
class Ending:
    """What will be noted.

    Attributes:
      how: of the words in `layout.py`.
    """

    how: str = layout.FINISHED


@contextlib.contextmanager
def noted(folder: run_folder.RunFolder) -> Iterator[Ending]:
    """Notes in a run folder how the block has ended.

    Args:
      folder: whose last start this is.

    Yields:
      The ending, `finished` unless it is changed or an exception comes.
    """
    ending = Ending()
    try:
        yield ending
    except divergence.TrainingDiverged:
        ending.how = layout.DIVERGED
        raise
    except _STOPS:
        ending.how = layout.STOPPED
        raise
    except BaseException:
        ending.how = layout.FAILED
        raise
    finally:
        folder.note_end(ending.how)
