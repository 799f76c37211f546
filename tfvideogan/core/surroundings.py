"""How much around the holes of a video is looked at to fill them.

A pixel in a hole is seen in other frames right beside their holes, as far as things move
in a step (`media/propagation.py`); so little more than the holes need be looked at,
whatever the size of the frames. `media/boxes.py` cuts arrays by these numbers,
`ops/boxes.py` tensors.
"""

# Pixels on each side of what is missing, at least.
MARGIN = 32
# The same for models that read from afar, and so what is sent of a shot.
WIDE_MARGIN = 64
# Of its extent, on each side, at least.
SHARE = 0.25
