"""Lists runs with their gin files, state, steps and scores.

    tfvideogan runs
    tfvideogan runs runs/foregan elsewhere --scores=PSNR --scores='J mean'
    tfvideogan runs --json | jq '.[] | select(.state == "diverged") | .path'

Below each run stands, for each way in which it was judged, the newest evaluation: a few
scores of the model with their 95 % intervals. States: running, finished, stopped (by a
signal), diverged, failed, killed, imported (weights that were trained elsewhere), empty.
Reads files alone, so that it may be asked at any time; TensorFlow is not imported.
"""

import argparse
import datetime
import json
import sys
from collections.abc import Sequence

from tfvideogan.core import command_line, errors, places
from tfvideogan.engine.runs import listing

RUNS = "runs"
EXAMPLES = """\
  tfvideogan runs
  tfvideogan runs runs/foregan elsewhere --scores=PSNR --scores='J mean'
  tfvideogan runs --json
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the door with a command line; returns the exit code."""
    return command_line.run(_parser(), _work, argv)


def _parser() -> argparse.ArgumentParser:
    made = command_line.parser("List runs with their scores.", EXAMPLES)
    made.add_argument(
        "folders",
        nargs="*",
        default=[RUNS],
        metavar="FOLDER",
        help="where to look, below it too",
    )
    made.add_argument(
        "--scores",
        action="append",
        default=[],
        metavar="NAME",
        help="show results whose names begin so, such as PSNR or 'J mean/model/T'; can be "
        "repeated. The model's most telling ones by default",
    )
    made.add_argument(
        "--json",
        action="store_true",
        help="print everything, every result too, as JSON",
    )
    return made


def _work(options: argparse.Namespace) -> int:
    folders = [places.local(text, "FOLDER") for text in options.folders]
    for folder in folders:
        if not folder.is_dir():
            raise errors.UserError(
                f"{folder} is no folder; name those that hold runs, such as the --workdir "
                "of `tfvideogan train`."
            )
    runs = listing.found(folders)
    if options.json:
        print(json.dumps([listing.record(one) for one in runs], indent=1))
    elif runs:
        now = datetime.datetime.now(datetime.timezone.utc)
        print(listing.table(runs, now=now, scores=options.scores))
    else:
        print(f"no runs in {', '.join(map(str, folders))}")
    return command_line.OK


if __name__ == "__main__":
    sys.exit(main())
