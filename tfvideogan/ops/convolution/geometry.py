"""The sizes of a convolution, known while a graph is traced.

A `Geometry` describes the map from an image to its features; the transposed convolution
is the same geometry read backwards. Axes are those of space, or of time and space.
"""

import dataclasses
import math

# The kernel, stride and padding that halve the plane: 4 / 2 / 1.
HALVING = (4, 2, 1)


@dataclasses.dataclass(frozen=True)
class Geometry:
    """One convolution; tuples have an entry for each axis but batch and channels.

    Attributes:
      size: of the input, without padding.
      kernel: size of the kernel.
      strides: of the kernel's steps.
      padding: zeros before and after the input.
      inputs: channels of the input.
      outputs: channels of the output.
    """

    size: tuple[int, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    padding: tuple[int, ...]
    inputs: int
    outputs: int

    @property
    def padded(self) -> tuple[int, ...]:
        """Size of the input with its padding."""
        pairs = zip(self.size, self.padding, strict=True)
        return tuple(size + 2 * zeros for size, zeros in pairs)

    @property
    def output(self) -> tuple[int, ...]:
        """Size of the output."""
        axes = zip(self.padded, self.kernel, self.strides, strict=True)
        return tuple((size - taps) // stride + 1 for size, taps, stride in axes)

    @property
    def is_whole(self) -> bool:
        """Whether the kernel covers the whole input, so that one product does it."""
        return self.kernel == self.size and not any(self.padding)

    @property
    def is_same(self) -> bool:
        """Whether TensorFlow's padding "SAME" sets just these zeros."""
        axes = zip(self.size, self.kernel, self.strides, self.padding, strict=True)
        return all(
            max((math.ceil(size / stride) - 1) * stride + taps - size, 0) == 2 * zeros
            for size, taps, stride, zeros in axes
        )

    @property
    def is_dense(self) -> bool:
        """Whether the stride is 1 and the padding leaves no zeros to themselves."""
        pairs = zip(self.padding, self.kernel, strict=True)
        return set(self.strides) == {1} and all(zeros < taps for zeros, taps in pairs)

    @property
    def halves_the_plane(self) -> bool:
        """Whether the last two axes are halved by 4 / 2 / 1 and time is not strided."""
        axes = zip(self.kernel, self.strides, self.padding, strict=True)
        *time, rows, columns = axes
        is_even = all(size % 2 == 0 for size in self.size[-2:])
        return (
            is_even
            and rows == columns == HALVING
            and all((stride, zeros) == (1, 0) for _, stride, zeros in time)
        )

    @property
    def plane(self) -> "Geometry":
        """The convolution of frames that one tap in time is."""
        axes = (self.size, self.kernel, self.strides, self.padding)
        return Geometry(*(one[1:] for one in axes), self.inputs, self.outputs)

    def multiplications(self, batch: int) -> int:
        """Counts the products of one map for a batch."""
        return batch * math.prod(self.output + self.kernel) * self.inputs * self.outputs
