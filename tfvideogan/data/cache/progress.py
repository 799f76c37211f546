"""Shows that long work goes on: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

import keras
from absl import logging

LINE_INTERVAL = 10.0  # seconds

Item = TypeVar("Item")


def shown(items: Iterable[Item], total: int, title: str) -> Iterator[Item]:
    """Yields the items of a long work and shows how far it is.

    Args:
      items: as they are finished.
      total: their number.
      title: what is done, such as "Converting davis/train".
    """
    logging.info("%s: %d clips.", title, total)
    bar = None
    if sys.stdout.isatty():
        bar = keras.utils.Progbar(total, unit_name="clip")
    last = time.monotonic()
    for number, item in enumerate(items, start=1):
        yield item
        if bar:
            bar.update(number)
        elif number == total or time.monotonic() - last > LINE_INTERVAL:
            last = time.monotonic()
            logging.info("%s: %d of %d clips.", title, number, total)
