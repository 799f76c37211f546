"""Shape checks at the entrance of public functions.

The check is static: inside a `tf.function` it costs nothing at run time.

    sizes = shapes.check_shape(frames, "N T H W C", name="frames", C=3)
    sizes["T"]  # the static number of frames, or None when it is unknown
"""

import tensorflow as tf


def check_shape(
    tensor: tf.Tensor, layout: str, *, name: str, **expected: int
) -> dict[str, int | None]:
    """Checks the rank and the named sizes of a tensor.

    Args:
      tensor: anything with a static shape.
      layout: axis letters parted by spaces, such as "N T H W C". A letter that occurs
        twice must have the same size; a number stands for itself.
      name: the argument's name, for the message.
      **expected: required sizes by letter, such as `C=3`.

    Returns:
      The static size of each letter, None where it is unknown.

    Raises:
      ValueError: the rank or a size differs; the message names argument, value and rule.
    """
    shape = tuple(tensor.shape)
    letters = layout.split()
    if len(shape) != len(letters):
        raise ValueError(
            f"`{name}` has shape {shape} of rank {len(shape)}, but must be "
            f"[{', '.join(letters)}] of rank {len(letters)}."
        )
    sizes: dict[str, int | None] = {}
    for axis, (letter, size) in enumerate(zip(letters, shape, strict=True)):
        wanted = int(letter) if letter.isdigit() else expected.get(letter)
        if wanted is None:
            wanted = sizes.get(letter)
        if size is not None and wanted is not None and size != wanted:
            raise ValueError(
                f"`{name}` has shape {shape}: axis {axis} ({letter}) is {size}, but "
                f"must be {wanted} in [{', '.join(letters)}]."
            )
        sizes[letter] = size if size is not None else wanted
    return sizes
