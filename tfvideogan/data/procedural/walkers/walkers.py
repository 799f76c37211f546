"""Walkers: jointed people who do the six actions of KTH before a plain ground.

A person (1 to 25, with stature, clothes and gait) walks, jogs, runs, boxes, waves or
claps in one of four scenarios, in grey, at 25 frames per second. Label, caption and
direction go with the clip; joints and silhouettes can be asked for. Splits share no
person, and persons 17 to 25 are the test split as in the protocols for KTH.

Whoever goes and has left the screen enters again from the other side, so that the screen
is never empty for longer than five frames. Walkers are not KTH: use them to develop and to
check, never in a table beside real video.

    source = Walkers(frames=16, height=64, width=64)
    walker = source.walker("test", 3)
    walker.action, walker.direction, walker.person.number, walker.caption
    source.joints("test", 3)  # [T, 17, 2] pixels (x, y), named by body.JOINTS
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfvideogan.data import action_captions
from tfvideogan.data.procedural import procedural
from tfvideogan.data.procedural.walkers import body, gait, raster, scenes

PERSONS = {
    "train": tuple(range(1, 15)),
    "validation": (15, 16),
    "test": tuple(range(17, 26)),
}
FPS = 25.0
# Who is so many statures out of the screen enters again: at most a hand or a foot is then
# still in sight, and the screen is empty for five frames at most (1 % of all frames).
HALF_BREADTH = 0.25
# Who stays on the spot stands around the middle; who goes is there at half time.
PLACES = (0.38, 0.62)
# A clip's own share of a person's frequency.
TEMPO = (0.95, 1.05)
NOISE = 0.01
# Rows and columns by which the noise of one frame may be off that of another.
NOISE_SHIFT = 16
HALF = 0.5
TOP = np.iinfo(np.uint8).max


@dataclasses.dataclass(frozen=True)
class Walker:
    """All that can be known about a clip but for the grain of its pixels.

    Attributes:
      action: one of `action_captions.ACTIONS`.
      direction: -1 to the left, 1 to the right, 0 where there is none.
      person: who it is.
      setting: where.
      phases: [T] radians of the action's cycle.
      places: [T] complex pixels, the ground below the pelvis.
      statures: [T] pixels.
    """

    action: str
    direction: int
    person: scenes.Person
    setting: scenes.Setting
    phases: np.ndarray
    places: np.ndarray
    statures: np.ndarray

    @property
    def caption(self) -> str:
        """What is said of the clip."""
        return action_captions.caption(self.action, self.direction)

    def limbs(self) -> list[body.Limb]:
        """Returns the limbs in the order of painting."""
        dress = self.setting.dress
        if self.action in gait.FRONTAL:
            return body.front_limbs(dress)
        return body.side_limbs(dress)

    def points(self, times: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the points of the body at `times` [T] on the screen, complex."""
        pose = gait.pose(self.action, self.phases[times], self.person.manner)
        points = body.with_outline(pose)
        places, statures = self.places[times], self.statures[times]
        if self.direction == action_captions.LEFT:
            points = {name: -point.conj() for name, point in points.items()}
        return {name: places + statures * point for name, point in points.items()}


@dataclasses.dataclass(kw_only=True, eq=False)
class Walkers(procedural.Procedural):
    """Jointed people; a `source.ClipSource` with labels and captions.

    Persons do not depend on the seed. Settings are those of `procedural.Procedural`, but
    for `fps`, and these:

    Attributes:
      vocabulary: of the captions.
      actions: those wanted, such as ("walking",); labels are numbers of all six.
      channels: 1, or 3 for grey in RGB.
      has_masks: whether silhouettes come as `foreground_masks`.
    """

    name = "walkers"
    version = 1
    vocabulary = action_captions.VOCABULARY

    num_train_clips: int = 2400
    num_validation_clips: int = 240
    num_test_clips: int = 480
    clip_frames: int = 50  # the longest published protocol
    fps: float = dataclasses.field(default=FPS, init=False)
    actions: Sequence[str] = action_captions.ACTIONS
    channels: int = 1
    has_masks: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        action_captions.check_actions(self.actions)
        self.spec = self.make_spec(
            channels=self.channels,
            has_masks=self.has_masks,
            num_classes=len(action_captions.ACTIONS),
            caption_length=action_captions.MAX_WORDS,
            words=self.vocabulary.words,
        )
        self._persons = {
            split: [scenes.person(number, self.version) for number in numbers]
            for split, numbers in PERSONS.items()
        }

    def walker(self, split: str, index: int) -> Walker:
        """Returns what is true of a clip; actions, then directions, take turns."""
        return self._drawn(split, index)[0]

    def joints(self, split: str, index: int) -> np.ndarray:
        """Returns the joints of a clip, [clip_frames, 17, 2] pixels (x, y)."""
        points = self.walker(split, index).points(self.times(0, None))
        joints = np.stack([points[name] for name in body.JOINTS], axis=-1)
        return np.stack([joints.real, joints.imag], axis=-1)

    def render(
        self, split: str, index: int, start: int = 0, frames: int | None = None
    ) -> dict[str, np.ndarray]:
        """Draws a window of a clip: frames, label, caption and, if asked, masks."""
        walker, generator = self._drawn(split, index)
        times = self.times(start, frames)
        pictures = self._pictures(walker, times)
        pictures += self._grain(generator, times)
        grey = np.round(np.clip(pictures, 0, 1) * TOP).astype(np.uint8)[..., None]
        result = {
            "frames": np.repeat(grey, self.spec.channels, axis=-1),
            "labels": np.asarray(
                action_captions.ACTIONS.index(walker.action), np.int32
            ),
            **self.vocabulary.raw(walker.caption, self.spec.caption_length),
        }
        if self.spec.has_masks:
            result["foreground_masks"] = self.silhouettes(walker, times)
        return result

    def silhouettes(self, walker: Walker, times: np.ndarray) -> np.ndarray:
        """Returns where a walker is at `times`, [T, H, W, 1] uint8, 1 = person."""
        covered = np.zeros((len(times), self.spec.height, self.spec.width), np.float32)
        white = [dataclasses.replace(one, shade=1.0) for one in walker.limbs()]
        raster.paint_body(covered, walker.points(times), white, walker.statures[times])
        return (covered >= HALF)[..., None].astype(np.uint8)

    def _pictures(self, walker: Walker, times: np.ndarray) -> np.ndarray:
        """Paints ground, shadow and person, [T, H, W] float32 around 0 to 1."""
        ground = walker.setting.ground
        pictures = np.repeat(ground[None], len(times), axis=0)
        statures = walker.statures[times]
        if walker.setting.has_shadow:
            scenes.cast_shadow(pictures, walker.places[times], statures)
        points = walker.points(times)
        raster.paint_body(pictures, points, walker.limbs(), statures)
        drift = walker.setting.drift * np.linspace(-1, 1, self.clip_frames)[times]
        return pictures + drift.astype(np.float32)[:, None, None]

    def _drawn(self, split: str, index: int) -> tuple[Walker, np.random.Generator]:
        """Returns the walker of a clip and the random numbers behind it."""
        generator = self.generator(split, index)
        rounds, turn = divmod(index, len(self.actions))
        action = self.actions[turn]
        directions = action_captions.directions(action)
        direction = directions[rounds % len(directions)]
        persons = self._persons[split]
        person = persons[generator.integers(len(persons))]
        scenario = generator.choice(scenes.SCENARIOS)
        height, width = self.spec.height, self.spec.width
        setting = scenes.setting(
            generator, str(scenario), person, height=height, width=width
        )
        # Seconds and shares of half a clip from its middle.
        seconds = (np.arange(self.clip_frames) - (self.clip_frames - 1) / 2) / FPS
        shares = np.linspace(-1, 1, self.clip_frames)
        tempo = generator.uniform(*TEMPO)
        turns = generator.random() + seconds * tempo * gait.frequency(
            action, person.manner
        )
        stature = person.stature * min(height, width)
        place = generator.uniform(*PLACES) * width
        place = place + direction * stature * seconds * tempo * gait.speed(
            action, person.manner
        )
        margin = HALF_BREADTH * stature
        place = np.mod(place + margin, width + 2 * margin) - margin
        walker = Walker(
            action=action,
            direction=direction,
            person=person,
            setting=setting,
            phases=2 * np.pi * turns,
            places=place + 1j * scenes.GROUND * height,
            statures=stature * (1 + setting.approach * shares),
        )
        return walker, generator

    def _grain(self, generator: np.random.Generator, times: np.ndarray) -> np.ndarray:
        """Draws the noise of a sensor at `times`, [T, H, W] float32.

        One piece of noise for the whole clip, off by another number of rows and columns
        in every frame: a frame's noise does not depend on the window.
        """
        height, width = self.spec.height, self.spec.width
        size = (height + NOISE_SHIFT, width + NOISE_SHIFT)
        noise = np.float32(NOISE) * generator.standard_normal(size, np.float32)
        shifts = generator.integers(0, NOISE_SHIFT, (self.clip_frames, 2))
        return np.stack(
            [noise[y : y + height, x : x + width] for y, x in shifts[times]]
        )
