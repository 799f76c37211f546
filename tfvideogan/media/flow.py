"""Optical flow as data: estimates, `.flo` files, resizing, occlusion.

Flow is float32 [..., H, W, 2] in pixels of its own grid, (dx, dy), x to the right and y
down. A clip of T frames has two flows: `forward[t]` lives on frame t and leads to frame
t + 1; `backward[t]` lives on frame t + 1 and leads back to frame t, so that sampling
frame t at p + backward[t](p) gives frame t + 1.

    forward, backward = flow.estimate_clip(frames)
    hidden = flow.occluded(forward[0], backward[0])

References:
  [1] Kroeger et al., Fast optical flow using dense inverse search, 2016.
  [2] Sundaram et al., Dense point trajectories by GPU-accelerated large displacement
      optical flow, 2010, equation 5 (forward-backward check).
  [3] Farneback, Two-frame motion estimation based on polynomial expansion, 2003.
  [4] Chu et al., Learning temporal coherence via self-supervision for GAN-based video
      generation (TecoGAN), 2020, and the evaluation code published with it.
"""

import pathlib
import threading

import cv2
import numpy as np

from tfvideogan.core import errors

# Names the producer in caches; changes with anything that changes an estimate.
PRODUCER = f"dis-1/opencv-{cv2.__version__}"
# From this size of the shorter side DIS works at half resolution with variational
# refinement, below at full resolution without: half of 64 pixels is too coarse. On
# sprites (one step, mask warped): 64 pixels J 0.965 against 0.944, 96 pixels J 0.958.
HALF_RESOLUTION_SIZE = 96
# DIS refuses pictures smaller than a patch and a half; smaller ones are padded.
MIN_DIS_SIZE = 16
# The first word of a .flo file: the float32 whose bytes spell "PIEH".
FLO_MAGIC = 202021.25
FLO_HEADER = np.dtype([("magic", "<f4"), ("width", "<i4"), ("height", "<i4")])
# No real flow file is larger; a swapped byte order shows here.
MAX_FLO_SIDE = 99_999
# Equation 5 of [2]: 1 % of the motion and half a squared pixel may be lost.
OCCLUSION_SLOPE = 0.01
OCCLUSION_OFFSET = 0.5
# What [4] gives to OpenCV: half the size at each of 3 levels, windows of 15 pixels, 3
# rounds, polynomials of 5 pixels smoothed by 1.2, no flags.
_FARNEBACK = (0.5, 3, 15, 3, 5, 1.2, 0)

_estimators = threading.local()


def estimate(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Estimates the motion from one frame to another by DIS [1].

    Args:
      source: [H, W, 3 or 1] uint8; the flow lives on its pixels.
      target: [H, W, 3 or 1] uint8.

    Returns:
      [H, W, 2] float32 pixels (dx, dy): source(p) is found at target(p + flow).
    """
    return _dis(_grey(source), _grey(target))


def estimate_clip(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Estimates forward and backward flow of a clip [T, H, W, C] uint8.

    Returns:
      Two arrays [T-1, H, W, 2] float32 pixels: forward and backward.
    """
    greys = [_grey(frame) for frame in frames]
    pairs = list(zip(greys[:-1], greys[1:], strict=True))
    shape = (len(pairs), *frames.shape[1:3], 2)
    forward = np.array([_dis(a, b) for a, b in pairs], np.float32).reshape(shape)
    backward = np.array([_dis(b, a) for a, b in pairs], np.float32).reshape(shape)
    return forward, backward


def estimate_farneback(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Estimates the motion from one frame to another by [3], with the constants of [4].

    Args:
      source: [H, W, 3 or 1] uint8; the flow lives on its pixels.
      target: [H, W, 3 or 1] uint8.

    Returns:
      [H, W, 2] float32 pixels (dx, dy).
    """
    return cv2.calcOpticalFlowFarneback(_grey(source), _grey(target), None, *_FARNEBACK)


def resized(flow: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes flow [H, W, 2] and scales its vectors to pixels of the new size."""
    old_height, old_width = flow.shape[:2]
    if (old_height, old_width) == (height, width):
        return flow
    shrinks = height * width < old_height * old_width
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized_ = cv2.resize(flow, (width, height), interpolation=method)
    scale = np.asarray([width / old_width, height / old_height], np.float32)
    return resized_ * scale


def sampled(image: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Samples an image [H, W, C] at p + flow(p), bilinear, the border repeated."""
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    return cv2.remap(
        image,
        x + flow[..., 0],
        y + flow[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def occluded(flow: np.ndarray, reverse: np.ndarray) -> np.ndarray:
    """Finds pixels that the way forth and back does not return to ([2], equation 5).

    Args:
      flow: [H, W, 2] from frame a to frame b, on frame a.
      reverse: [H, W, 2] from frame b to frame a, on frame b.

    Returns:
      [H, W, 1] uint8 on frame a: 1 where the pixel is hidden in frame b.
    """
    return is_lost(flow, sampled(reverse, flow))[..., np.newaxis].astype(np.uint8)


def is_lost(flow: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Whether a way forth, [..., 2] pixels, and one back, [..., 2], do not return."""
    lost = ((flow + back) ** 2).sum(-1)
    length = (flow**2 + back**2).sum(-1)
    # NaN is lost.
    return ~(lost <= OCCLUSION_SLOPE * length + OCCLUSION_OFFSET)


def write_flo(path: str | pathlib.Path, flow: np.ndarray) -> None:
    """Writes flow [H, W, 2] as a Middlebury `.flo` file."""
    height, width = flow.shape[:2]
    header = np.array([(FLO_MAGIC, width, height)], FLO_HEADER)
    pathlib.Path(path).write_bytes(
        header.tobytes() + flow.astype("<f4", copy=False).tobytes()
    )


def read_flo(path: str | pathlib.Path) -> np.ndarray:
    """Reads a Middlebury `.flo` file.

    Returns:
      [H, W, 2] float32 pixels (dx, dy).

    Raises:
      UserError: the file is missing, is no `.flo` file, or is cut short.
    """
    try:
        content = pathlib.Path(path).read_bytes()
    except OSError as error:
        raise errors.UserError(
            f"The flow file {path} cannot be read: {error.strerror}."
        ) from error
    if len(content) < FLO_HEADER.itemsize:
        raise errors.UserError(f"{path} is cut short: {len(content)} bytes.")
    header = np.frombuffer(content, FLO_HEADER, count=1)[0]
    if header["magic"] != np.float32(FLO_MAGIC):
        raise errors.UserError(
            f"{path} is not a .flo file: it begins with {header['magic']!r}, not "
            f"{FLO_MAGIC}; write float32 {FLO_MAGIC}, int32 width, int32 height, then "
            "height x width x (u, v) as float32, all little-endian."
        )
    width, height = int(header["width"]), int(header["height"])
    if not (1 <= width <= MAX_FLO_SIDE and 1 <= height <= MAX_FLO_SIDE):
        raise errors.UserError(f"{path} has an impossible size {width}x{height}.")
    wanted = FLO_HEADER.itemsize + 4 * 2 * width * height
    if len(content) != wanted:
        raise errors.UserError(
            f"{path} has {len(content)} bytes, but {width}x{height} needs {wanted}; "
            "compute the flow again."
        )
    values = np.frombuffer(content, "<f4", offset=FLO_HEADER.itemsize)
    return values.reshape(height, width, 2).astype(np.float32)


def _grey(frame: np.ndarray) -> np.ndarray:
    """Returns the luma [H, W] uint8 of a frame."""
    if frame.shape[-1] == 1:
        return np.ascontiguousarray(frame[..., 0])
    return cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)


def _dis(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Runs DIS on two luma pictures, padded where they are too small for it."""
    height, width = source.shape
    rim = ((0, max(0, MIN_DIS_SIZE - height)), (0, max(0, MIN_DIS_SIZE - width)))
    if rim != ((0, 0), (0, 0)):
        source, target = np.pad(source, rim, "edge"), np.pad(target, rim, "edge")
    flow = _estimator(min(height, width)).calc(source, target, None)
    return flow[:height, :width]


def _estimator(size: int) -> cv2.DISOpticalFlow:
    """Returns this thread's estimator: one object must not run in two threads."""
    full = size < HALF_RESOLUTION_SIZE
    name = "full" if full else "half"
    if not hasattr(_estimators, name):
        # The threads of tf.data are parallel enough; OpenCV's own would fight them.
        cv2.setNumThreads(0)
        preset = (
            cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST
            if full
            else cv2.DISOPTICAL_FLOW_PRESET_MEDIUM
        )
        estimator = cv2.DISOpticalFlow_create(preset)
        estimator.setFinestScale(0 if full else 1)
        setattr(_estimators, name, estimator)
    return getattr(_estimators, name)
