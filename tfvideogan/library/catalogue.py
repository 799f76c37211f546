"""Which exports there are, and in which folder one lies. Needs no TensorFlow.

    catalogue.list_models()              # ["foregan", "videocaptioner"]
    catalogue.version_folder("foregan")  # saved_models/foregan/1

They are looked for below `saved_models/` of the current folder, then of the checkout that
holds the package, then where an installation has put the small ones that come with it.
"""

import pathlib
import site
import sys

from tfvideogan.core import errors
from tfvideogan.serving.export import publishing

SAVED_MODELS = pathlib.Path("saved_models")
_SHARE = pathlib.Path("share", "tfvideogan")


def list_models() -> list[str]:
    """Returns the names of the exports that `tfvideogan.load` takes."""
    found = {
        path.parent.parent.name
        for folder in _folders()
        for path in folder.glob(f"*/*/{publishing.GRAPH}")
    }
    return sorted(found)


def version_folder(
    model: str | pathlib.Path, version: int | None = None
) -> pathlib.Path:
    """Returns the folder of an export.

    Args:
      model: its folder, that of its versions, or their name below saved_models/.
      version: by its number; the newest if None.

    Raises:
      UserError: there is none.
    """
    base = pathlib.Path(model)
    if not base.is_dir():
        places = (folder / model for folder in _folders())
        base = next((one for one in places if one.is_dir()), SAVED_MODELS / model)
    found = [
        one
        for one in publishing.versions(base)
        if (base / str(one) / publishing.GRAPH).is_file()
    ]
    if version is None and (base / publishing.GRAPH).is_file():
        return base
    if version is None and found:
        return base / str(found[-1])
    if version in found:
        return base / str(version)
    if found:
        raise errors.UserError(
            f"Version {version} is not in {base}; there are {found}."
        )
    raise errors.UserError(
        f"{model} is no export; {SAVED_MODELS}/ has {', '.join(list_models()) or 'none'}."
    )


def folder() -> pathlib.Path:
    """Returns the first folder of exports that there is; else that of the current one."""
    return next((one for one in _folders() if one.is_dir()), SAVED_MODELS)


def _folders() -> list[pathlib.Path]:
    checkout = pathlib.Path(__file__).resolve().parents[2]
    roots = [pathlib.Path(), checkout, sys.prefix / _SHARE]
    if site.USER_BASE:
        roots.append(site.USER_BASE / _SHARE)
    return [root / SAVED_MODELS for root in roots]
