"""Completes a video with holes, shot by shot, with no more of it in memory than a chunk.

    shots = completion.surveyed(cuts, holes, total)
    completer = completion.Completer(ask, known, "complete", plan)
    for frame in completer.frames(pairs, shots): ...

What a model sees of a video never crosses a cut (`media/shots.py`). Where a crop is wanted
only what lies around the holes of a shot is sent, at the video's own resolution. Known
pixels are those of the video, bit for bit; a shot without holes is not asked for.

Two methods:

    network   the model fills all the holes
    auto      what other frames show is propagated along the flow, which the model completes
              in the holes if it has `complete_flow`, and a membrane otherwise; the model
              fills what is left, and what it painted is filtered along the flow
"""

import collections
import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from tfvideogan.core import errors, signatures, surroundings
from tfvideogan.media import boxes, propagation_windows, steadying
from tfvideogan.media import shots as shot_cuts
from tfvideogan.serving.client import flags, long_video

NETWORK, AUTO = flags.METHODS

# A frame [H, W, C] uint8 and its holes [H, W] uint8, 1 = hole.
Pair = tuple[np.ndarray, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Method:
    """How holes are filled.

    Attributes:
      name: "network" or "auto", see above.
      budget_mb: megabytes for the window that is looked at together, for "auto".
    """

    name: str = NETWORK
    budget_mb: int = 2048

    def __post_init__(self) -> None:
        """Checks the name.

        Raises:
          UserError: there is no such method.
        """
        if self.name not in flags.METHODS:
            raise errors.UserError(
                f"`method` ({self.name!r}) must be one of {', '.join(flags.METHODS)}."
            )


BY_NETWORK = Method()


@dataclasses.dataclass(frozen=True)
class Shot:
    """A shot and its holes.

    Attributes:
      length: frames.
      anywhere: [H, W] bool, what is a hole in any of them; None without holes.
      everywhere: [H, W] bool, what is a hole in all of them; None without holes.
      num_empty: frames without holes.
      num_full: frames that are holes all over.
    """

    length: int
    anywhere: np.ndarray | None
    everywhere: np.ndarray | None
    num_empty: int
    num_full: int


def surveyed(
    starts: Sequence[int], holes: Iterable[np.ndarray], total: int
) -> list[Shot]:
    """Looks at all holes of a video.

    Args:
      starts: first frames of all shots but the first.
      holes: of each frame, [H, W] uint8.
      total: number of frames.
    """
    holes, found = iter(holes), []
    for start, stop in shot_cuts.ranges(starts, total):
        anywhere = everywhere = None
        num_empty = num_full = 0
        for hole in itertools.islice(holes, stop - start):
            is_hole = hole > 0
            num_empty += not is_hole.any()
            num_full += is_hole.all()
            anywhere = is_hole if anywhere is None else anywhere | is_hole
            everywhere = is_hole if everywhere is None else everywhere & is_hole
        if num_empty == stop - start:
            anywhere = everywhere = None
        found.append(
            Shot(stop - start, anywhere, everywhere, int(num_empty), int(num_full))
        )
    return found


def described(found: Sequence[Shot]) -> list[str]:
    """Says what a user should know of the holes before any work begins."""
    total = sum(one.length for one in found)
    empty, full = sum(s.num_empty for s in found), sum(s.num_full for s in found)
    holed = [one for one in found if one.anywhere is not None]
    if not holed:
        return ["The mask is empty: the answer is the video itself."]
    lines = []
    if len(found) > 1:
        lines.append(f"{len(found)} shots, each completed by itself.")
    if empty:
        lines.append(f"{empty} of {total} frames have no holes.")
    if full:
        lines.append(
            f"Warning: {full} of {total} frames are holes all over; nothing of them is "
            "known."
        )
    pixels = sum(int(one.anywhere.sum()) for one in holed)
    never = sum(int(one.everywhere.sum()) for one in holed)
    lines.append(
        f"{100 * never / pixels:.0f} % of the pixels with holes are holes in every frame "
        "of their shot: what is behind them is seen only if something moves."
    )
    return lines


class Completer:
    """Asks a model for the frames of a video."""

    def __init__(
        self,
        ask: long_video.Ask,
        known: long_video.Signatures,
        verb: str,
        plan: long_video.Plan,
        *,
        is_cropped: bool = False,
        method: Method = BY_NETWORK,
    ) -> None:
        """Stores the model.

        Args:
          ask: sends one request.
          known: the signatures of the model.
          verb: that completes; its `<verb>_start` ... are used where there are some.
          plan: how many frames travel in a request.
          is_cropped: whether the model sees only what lies around the holes.
          method: how holes are filled.
        """
        self._method = method
        self._ask, self._known, self._verb = ask, known, verb
        self._plan = plan
        shape = known[verb].inputs[signatures.FRAMES].shape
        is_free = shape is not None and shape[2:4] == (None, None)
        self._is_cropped = is_cropped and is_free
        self._is_short = shape is not None and shape[1] is not None
        parts = (signatures.START, signatures.NEXT, signatures.END)
        self._has_memory = all(verb + part in known for part in parts)
        has_flow = signatures.COMPLETE_FLOW in known
        self._complete = self._completed_flow if has_flow else None

    def frames(
        self, pairs: Iterable[Pair], found: Sequence[Shot]
    ) -> Iterator[np.ndarray]:
        """Yields the frames of a video, completed, [H, W, C] uint8.

        Args:
          pairs: its frames and holes.
          found: its shots, as `surveyed` returns them.

        Raises:
          UserError: the model refuses them.
        """
        total, done = sum(one.length for one in found), 0
        pairs = iter(pairs)
        for shot in found:
            part = itertools.islice(pairs, shot.length)
            if shot.anywhere is None:
                made = (frame for frame, _ in part)
            else:
                made = self._shot(part, shot)
            for frame in made:
                yield frame
                done += 1
                if done % self._plan.chunk_frames == 0 or done == total:
                    self._plan.progress(done, total)

    def _shot(self, pairs: Iterator[Pair], shot: Shot) -> Iterator[np.ndarray]:
        """Completes one shot."""
        place = slice(None), slice(None)
        if self._is_cropped:
            place = boxes.around(shot.anywhere, margin=surroundings.WIDE_MARGIN)
        waiting: collections.deque[Pair] = collections.deque()

        def cut() -> Iterator[Pair]:
            for frame, hole in pairs:
                waiting.append((frame, hole))
                yield frame[place], hole[place]

        fill = self._by_auto if self._method.name == AUTO else self._by_network
        for picture in fill(cut(), shot):
            frame, hole = waiting.popleft()
            whole = frame.copy()
            is_hole = hole[place][..., np.newaxis] > 0
            whole[place] = np.where(is_hole, picture, frame[place])
            yield whole

    def _by_auto(self, pairs: Iterator[Pair], shot: Shot) -> Iterator[np.ndarray]:
        """Propagates, fills what is left by the model, and filters that in time."""
        first = next(pairs)
        windows = propagation_windows.fitting(
            *first[1].shape, budget_mb=self._method.budget_mb
        )
        asked: collections.deque[Pair] = collections.deque()

        def filled() -> Iterator[Pair]:
            for pair in propagation_windows.filled(
                itertools.chain([first], pairs), windows, complete=self._complete
            ):
                asked.append(pair)
                yield pair

        def painted() -> Iterator[Pair]:
            for picture in self._by_network(filled(), shot):
                frame, left = asked.popleft()
                yield np.where(left[..., np.newaxis] > 0, picture, frame), left

        return steadying.steadied(painted())

    def _completed_flow(
        self, frames: np.ndarray, holes: np.ndarray, *found: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Asks the model for the flow in the holes; see `propagation.fill`."""
        flows = dict(zip(signatures.FLOWS, found, strict=True))
        given = {signatures.FRAMES: frames, signatures.HOLES: holes, **flows}
        answer = self._ask(signatures.COMPLETE_FLOW, given, signatures.FLOWS)
        return tuple(answer[name] for name in signatures.FLOWS)

    def _by_network(self, pairs: Iterator[Pair], shot: Shot) -> Iterator[np.ndarray]:
        """Yields what the model makes of frames, [h, w, C] uint8."""

        def pieces() -> Iterator[long_video.Arrays]:
            while held := list(itertools.islice(pairs, self._plan.chunk_frames)):
                frames, holes = zip(*held, strict=True)
                yield {
                    signatures.FRAMES: np.stack(frames),
                    signatures.HOLES: np.stack(holes)[..., np.newaxis],
                }

        for made in self._answers(pieces(), shot.length):
            yield from made

    def _answers(
        self, pieces: Iterator[long_video.Arrays], length: int
    ) -> Iterator[np.ndarray]:
        """Yields what the model answers, [T, h, w, C] uint8, some frames at a time."""
        is_long = length > self._plan.chunk_frames
        if is_long and self._has_memory and not self._is_short:
            yield from streamed(self._ask, self._verb, self._known, pieces)
            return
        # One request; or a model without memory, which needs the whole shot at once.
        held = list(pieces)
        whole = {name: np.concatenate([one[name] for one in held]) for name in held[0]}
        if not whole[signatures.HOLES].any():
            yield whole[signatures.FRAMES]
            return
        names = [signatures.VIDEO]
        plan = dataclasses.replace(self._plan, progress=lambda done, total: None)
        yield long_video.predict(
            self._ask, self._verb, self._known, whole, names, plan
        )[signatures.VIDEO]


def streamed(
    ask: long_video.Ask,
    verb: str,
    known: long_video.Signatures,
    pieces: Iterable[long_video.Arrays],
) -> Iterator[np.ndarray]:
    """Sends a video in chunks, with the memory of the one before.

    Args:
      ask: sends one request.
      verb: of which there are `<verb>_start`, `<verb>_next` and `<verb>_end`.
      known: the signatures of the model.
      pieces: `frames` and `holes` of the frames that follow, at least one.

    Yields:
      Answers [T, H, W, C] uint8, all the frames in the end.
    """
    state: long_video.Arrays = {}
    last: long_video.Arrays = {}
    for piece in pieces:
        # A further chunk begins with the last frame of the one before.
        chunk = {
            name: np.concatenate([last[name], array]) if last else array
            for name, array in piece.items()
        }
        last = {name: array[-1:] for name, array in piece.items()}
        signature = known[verb + (signatures.NEXT if state else signatures.START)]
        memory = [name for name in signature.outputs if signatures.is_state(name)]
        found = ask(signature.name, chunk | state, [signatures.VIDEO, *memory])
        state = {signatures.state_input(name): found[name] for name in memory}
        yield found[signatures.VIDEO]
    yield ask(verb + signatures.END, state, [signatures.VIDEO])[signatures.VIDEO]


def of_arrays(
    ask: long_video.Ask,
    verb: str,
    known: long_video.Signatures,
    given: long_video.Arrays,
    plan: long_video.Plan,
    method: Method = BY_NETWORK,
) -> np.ndarray:
    """Completes a video that is in memory, shot by shot.

    Args:
      ask: sends one request.
      verb: that completes.
      known: the signatures of the model.
      given: `frames` [T, H, W, C] and `holes` [T, H, W, 1], uint8.
      plan: how many frames travel in a request.
      method: how holes are filled.

    Returns:
      [T, H, W, C] uint8.

    Raises:
      UserError: the model refuses them.
    """
    frames, holes = given[signatures.FRAMES], given[signatures.HOLES]
    flat = holes[..., 0]
    found = surveyed(list(shot_cuts.cuts(frames)), flat, len(frames))
    completer = Completer(ask, known, verb, plan, method=method)
    return np.stack([*completer.frames(zip(frames, flat, strict=True), found)])
