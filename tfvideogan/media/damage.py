"""Damaged clips: what they are, and how many of them a data set may have.

A large collection always has some files that cannot be decoded. Up to a share of them is
left out, with a line in the log and in the cache's manifest; more is an error. All clips
are decoded when the cache is made, so that damage never stops a training.

    raise damage.DamagedClip(f"{path} is empty; copy it again.")
"""

from collections.abc import Sequence

from tfvideogan.core import errors

# One clip in a hundred; of fewer than a hundred, none.
MAX_SHARE = 0.01
NUM_SHOWN = 3


class DamagedClip(errors.UserError):
    """Says in one line which file cannot be read and why."""


def check_share(reasons: Sequence[str], num_clips: int, max_share: float) -> None:
    """Checks that a collection is sound enough.

    Args:
      reasons: one line for each damaged clip found so far.
      num_clips: of the collection.
      max_share: of the clips that may be damaged, 0..1.

    Raises:
      UserError: there are more; the message has the first reasons.
    """
    if len(reasons) <= max_share * num_clips:
        return
    shown = " ".join(reasons[:NUM_SHOWN])
    share = len(reasons) / num_clips
    raise errors.UserError(
        f"At least {len(reasons)} of {num_clips} clips are damaged, more than "
        f"`max_damaged` ({max_share:g}) allows: {shown} Mend or remove the files, or "
        f"leave them out with `max_damaged` = {share:.2g} or more."
    )
