"""Optical flow where a model wants some and the caller has none (DIS)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tfvideogan.core import signatures
from tfvideogan.media import flow, inpainting
from tfvideogan.serving.client import metadata

BATCHED_RANK = 5  # of [N, T, H, W, C]


def estimate(
    frames: np.ndarray, holes: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Estimates `forward_flow` and `backward_flow`, float32 in pixels.

    Args:
      frames: [T, H, W, 3] or [N, T, H, W, 3] uint8.
      holes: likewise with one channel, above 0 = missing; the flow is then that around
        them.

    Returns:
      By name, [T-1, H, W, 2] or [N, T-1, H, W, 2].
    """
    is_single = frames.ndim < BATCHED_RANK
    clips = frames[np.newaxis] if is_single else frames
    if holes is None:
        found = (flow.estimate_clip(clip) for clip in clips)
    else:
        masks = holes[np.newaxis] if is_single else holes
        found = map(inpainting.estimate_flow, clips, masks)
    both = zip(*found, strict=True)
    named = zip(signatures.FLOWS, map(np.stack, both), strict=True)
    return {name: one[0] if is_single else one for name, one in named}


def filled(
    signature: metadata.Signature, inputs: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Returns the inputs, with those flows that the signature wants and that lack."""
    absent = set(signatures.FLOWS) & set(signature.inputs) - set(inputs)
    if not absent or signatures.FRAMES not in inputs:
        return inputs
    found = estimate(
        np.asarray(inputs[signatures.FRAMES]), inputs.get(signatures.HOLES)
    )
    return {**inputs, **{name: found[name] for name in absent}}
