"""Writes small UCF-101 folders for tests: true names, lists and codec."""

import pathlib

import numpy as np

from tests.data import films

ACTIONS = ("ApplyEyeMakeup", "HandstandPushups", "YoYo")
# Lists and films spell it with two capitals, the folder with one.
SPELLING = {"HandstandPushups": "HandStandPushups"}
TEST_GROUPS = (1, 4)
TRAIN_GROUPS = (8, 12, 16)


def write(root: pathlib.Path, *, flat: bool = False, num_frames: int = 6) -> str:
    """Writes two films of each group, 32x24, and the lists of split 1.

    The grey of a film is 50 per class and 4 per group.
    """
    lines = {"train": [], "test": []}
    for label, action in enumerate(ACTIONS, 1):
        spelt = SPELLING.get(action, action)
        for group in (*TEST_GROUPS, *TRAIN_GROUPS):
            for number in (1, 2):
                name = f"v_{spelt}_g{group:02d}_c{number:02d}.avi"
                folder = root / "UCF101" if flat else root / "UCF-101" / action
                frames = np.full((num_frames, 24, 32, 3), 50 * label, np.uint8)
                frames += np.uint8(4 * group)
                frames[:, 4:12, 4:12] += (10 * np.arange(num_frames, dtype=np.uint8))[
                    :, None, None, None
                ]
                films.write(folder / name, frames)
                if group in TRAIN_GROUPS:
                    lines["train"].append(f"{action}/{name} {label}")
                else:
                    lines["test"].append(f"{action}/{name}")
    for kind, listed in lines.items():
        path = root / "ucfTrainTestlist" / f"{kind}list01.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes("\r\n".join([*listed, ""]).encode())  # as in the archive
    return str(root)
