"""What a drawn face does in a clip: an expression that comes and goes, speech, sway.

An expression is neutral at both ends of a clip and at its apex in the middle. Over it lie
the syllables of speech, which open the mouth, a blink now and then, and a head that sways.

    performance = performed(generator, "surprise", num_frames=64, fps=25.0, speech=1.0)
    performance.mouth_open  # [64] in units of half the height of the head
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Expression:
    """How a face departs from neutral. Lengths in half heights of the head.

    Attributes:
      brow_raise: by how much the brows rise.
      brow_inner: by how much more their inner ends do.
      brow_gather: by how much they come together.
      eye_open: opening of the eyes, 1 = neutral.
      mouth_curve: by how much the corners of the mouth rise.
      mouth_open: how far it is open.
      mouth_breadth: 1 = neutral.
      mouth_lift: by how much it rises.
    """

    brow_raise: float = 0.0
    brow_inner: float = 0.0
    brow_gather: float = 0.0
    eye_open: float = 1.0
    mouth_curve: float = 0.0
    mouth_open: float = 0.0
    mouth_breadth: float = 1.0
    mouth_lift: float = 0.0


NEUTRAL = Expression()
# The six of MUG, in the order of the alphabet; the number is the label.
APEXES = {
    "anger": Expression(
        brow_raise=-0.05,
        brow_inner=-0.12,
        brow_gather=0.06,
        eye_open=0.70,
        mouth_curve=-0.05,
        mouth_breadth=0.80,
    ),
    "disgust": Expression(
        brow_raise=-0.06,
        brow_inner=-0.02,
        brow_gather=0.03,
        eye_open=0.45,
        mouth_curve=-0.10,
        mouth_open=0.04,
        mouth_breadth=1.05,
        mouth_lift=0.09,
    ),
    "fear": Expression(
        brow_raise=0.06,
        brow_inner=0.10,
        brow_gather=0.04,
        eye_open=1.45,
        mouth_curve=-0.07,
        mouth_open=0.07,
        mouth_breadth=1.30,
    ),
    "happiness": Expression(
        brow_raise=0.02,
        eye_open=0.70,
        mouth_curve=0.13,
        mouth_open=0.07,
        mouth_breadth=1.40,
        mouth_lift=0.02,
    ),
    "sadness": Expression(
        brow_raise=-0.01,
        brow_inner=0.12,
        brow_gather=0.02,
        eye_open=0.65,
        mouth_curve=-0.12,
        mouth_breadth=0.85,
    ),
    "surprise": Expression(
        brow_raise=0.14,
        eye_open=1.60,
        mouth_open=0.17,
        mouth_breadth=0.70,
    ),
}
EXPRESSIONS = tuple(APEXES)

# Shares of a clip at which an expression begins, is full, fades and is over.
ONSET, FULL, FADE, OVER = 0.08, 0.40, 0.60, 0.92
SYLLABLES = (3.0, 5.0)  # per second
LOUDNESS = (0.04, 0.09)  # how far a syllable opens the mouth
BLINK_SECONDS = 0.16
BLINKS_PER_SECOND = 0.3
SHUT = 0.08  # opening of an eye that is shut
# Largest amplitudes of the sway: turns in radians, shifts in half heights of the head.
YAW, PITCH, ROLL, SHIFT = 0.45, 0.25, 0.12, 0.06
SWAY_HERTZ = (0.15, 0.5)
NUM_WAVES = 2


@dataclasses.dataclass(frozen=True)
class Performance:
    """What a face does at T moments.

    Attributes:
      intensity: [T] of the expression, 0 = neutral to 1 = apex.
      features: [T] each by the names of `Expression`, speech and blinks included.
      yaw: [T] radians, positive to the right of the screen.
      pitch: [T] radians, positive downwards.
      roll: [T] radians, positive clockwise.
      shift: [T] complex, of the head.
    """

    intensity: np.ndarray
    features: dict[str, np.ndarray]
    yaw: np.ndarray
    pitch: np.ndarray
    roll: np.ndarray
    shift: np.ndarray

    def at(self, times: np.ndarray) -> "Performance":
        """Returns the performance at some of its moments."""
        return Performance(
            self.intensity[times],
            {name: values[times] for name, values in self.features.items()},
            self.yaw[times],
            self.pitch[times],
            self.roll[times],
            self.shift[times],
        )


def performed(
    generator: np.random.Generator,
    expression: str,
    *,
    num_frames: int,
    fps: float,
    speech: float,
) -> Performance:
    """Draws the performance of a clip.

    Args:
      generator: of the clip.
      expression: one of `EXPRESSIONS`.
      num_frames: T.
      fps: frames per second.
      speech: factor of how far speech opens the mouth; 0 is silence.
    """
    seconds = np.arange(num_frames) / fps
    shares = np.linspace(0, 1, num_frames)
    intensity = _ramp(shares, ONSET, FULL) - _ramp(shares, FADE, OVER)
    apex = dataclasses.asdict(APEXES[expression])
    features = {
        name: neutral + intensity * (apex[name] - neutral)
        for name, neutral in dataclasses.asdict(NEUTRAL).items()
    }
    features["mouth_open"] = features["mouth_open"] + speech * _speech(
        generator, seconds
    )
    features["eye_open"] = features["eye_open"] * _blinks(generator, seconds)
    sway = [
        size * _sway(generator, seconds) for size in (YAW, PITCH, ROLL, SHIFT, SHIFT)
    ]
    return Performance(
        intensity, features, sway[0], sway[1], sway[2], sway[3] + 1j * sway[4]
    )


def _ramp(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Rises smoothly from 0 at `low` to 1 at `high`."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return (1 - np.cos(np.pi * share)) / 2


def _speech(generator: np.random.Generator, seconds: np.ndarray) -> np.ndarray:
    """Returns how far syllables open the mouth, with pauses between phrases."""
    rate, loudness = generator.uniform(*SYLLABLES), generator.uniform(*LOUDNESS)
    phases = generator.uniform(0, 2 * np.pi, 2)
    syllables = np.maximum(0, np.sin(2 * np.pi * rate * seconds + phases[0]))
    # A phrase is some five syllables long.
    phrases = np.clip(1 + 2 * np.sin(np.pi * rate / 5 * seconds + phases[1]), 0, 1)
    return loudness * syllables * phrases


def _blinks(generator: np.random.Generator, seconds: np.ndarray) -> np.ndarray:
    """Returns the factor by which blinks close the eyes."""
    length = seconds[-1] + BLINK_SECONDS
    count = int(generator.poisson(BLINKS_PER_SECOND * length))
    moments = generator.uniform(0, length, count)
    distance = np.abs(seconds[:, None] - moments) / BLINK_SECONDS
    return 1 - (1 - SHUT) * np.clip(1 - distance, 0, 1).max(axis=1, initial=0)


def _sway(generator: np.random.Generator, seconds: np.ndarray) -> np.ndarray:
    """Returns a slow irregular movement in [-1, 1]."""
    rates = generator.uniform(*SWAY_HERTZ, NUM_WAVES)
    phases = generator.uniform(0, 2 * np.pi, NUM_WAVES)
    sizes = generator.uniform(0, 1 / NUM_WAVES, NUM_WAVES)
    return np.sin(2 * np.pi * seconds[:, None] * rates + phases) @ sizes
