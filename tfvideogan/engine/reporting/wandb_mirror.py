"""What TensorBoard shows, in Weights & Biases too.

    wandb_mirror.check()                        # a line if the package is not there
    with wandb_mirror.of(folder, "my project", settings):
        ...                                     # events files are mirrored as they grow

Nothing is logged twice: wandb reads what is written for TensorBoard (`sync_tensorboard`),
so it must begin before the first events file is opened. A run that goes on keeps its page.
"""

import contextlib
import hashlib
import importlib.util
import types
from collections.abc import Iterator, Mapping
from typing import Any

from tfvideogan.core import errors
from tfvideogan.engine.config import settings
from tfvideogan.engine.runs import run_folder

PACKAGE = "wandb"
_DIGITS = 16
_MISSING = "--wandb needs the package wandb: pip install 'tfvideogan[wandb]'."


def check() -> None:
    """Checks that the package is there, without importing it.

    Raises:
      UserError: it is not.
    """
    if importlib.util.find_spec(PACKAGE) is None:
        raise errors.UserError(_MISSING)


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
        run = _begun(
            wandb,
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


def _begun(wandb: types.ModuleType, **keywords: Any) -> Any:
    """Begins a run, or raises UserError."""
    try:
        return wandb.init(**keywords)
    except (OSError, wandb.Error) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise errors.UserError(
            f"--wandb: {reason}. `wandb login`, or WANDB_MODE=offline and `wandb sync` "
            "later."
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
