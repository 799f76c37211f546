"""What TensorBoard shows, in Weights & Biases too.

    wandb_mirror.check()                        # a line if it could not begin
    with wandb_mirror.of(folder, "my project", settings):
        ...                                     # events files are mirrored as they grow

Nothing is logged twice: wandb reads what is written for TensorBoard (`sync_tensorboard`),
so it must begin before the first events file is opened. A run that goes on keeps its page.
"""

import contextlib
import hashlib
import types
from collections.abc import Iterator, Mapping

from tfvideogan.core import errors
from tfvideogan.engine.config import settings
from tfvideogan.engine.runs import run_folder

_DIGITS = 16
_MISSING = "--wandb needs the package wandb: pip install 'tfvideogan[wandb]'."


def check() -> None:
    """Checks that the package is there and has a key, before a run folder is made.

    At a terminal the package asks for a key that it does not have. Offline, by
    WANDB_MODE, it needs none.

    Raises:
      UserError: it is not there, or has no key that is right.
    """
    wandb = _package()
    with _explained(wandb):
        wandb.login()


@contextlib.contextmanager
def of(
    folder: run_folder.RunFolder,
    project: str | None,
    values: Mapping[str, settings.Setting],
) -> Iterator[None]:
    """Mirrors the events files that are opened in the block.

    Args:
      folder: of the run; the chief's start has been recorded there.
      project: where the run appears; None mirrors nothing, nor do workers other than
        the chief.
      values: of the settings, by which runs are sorted and filtered there.

    Raises:
      UserError: the package is not there, or cannot begin.
    """
    if project is None or not folder.is_chief:
        yield
        return
    wandb, path, code = _package(), str(folder.path), 1
    # Of several folders of events it must know the common one. It shows them and keeps
    # no copies, which TensorBoard would find below the run folder.
    wandb.tensorboard.patch(root_logdir=path, save=False)
    try:
        with _explained(wandb):
            run = wandb.init(
                project=project,
                name=path,
                id=_identity(folder),
                resume="allow",
                dir=path,
                config=dict(values),
                sync_tensorboard=True,
            )
        try:
            yield
            code = 0
        finally:
            run.finish(exit_code=code)
    finally:
        wandb.tensorboard.unpatch()


@contextlib.contextmanager
def _explained(wandb: types.ModuleType) -> Iterator[None]:
    """Says in one line what keeps the package from beginning."""
    try:
        yield
    # What is wrong in its settings, such as WANDB_MODE, is a ValueError.
    except (OSError, ValueError, wandb.Error) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise errors.UserError(
            f"--wandb: {reason}. Run `wandb login`, or train with WANDB_MODE=offline and "
            "`wandb sync` later."
        ) from error


def _identity(folder: run_folder.RunFolder) -> str:
    """A name that stays when the run goes on, and is another run's nowhere."""
    first = (folder.card().get("starts") or [{}])[0]
    text = f"{first.get('time')} {first.get('command')}"
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _package() -> types.ModuleType:
    try:
        import wandb  # noqa: PLC0415
    except ImportError as error:
        raise errors.UserError(_MISSING) from error
    return wandb
