"""The four published schedules, step by step."""

import keras
import pytest

from tfvideogan.core import errors
from tfvideogan.models import phase
from tfvideogan.models.text2video.paper import schedules

# Five steps of squared error, three of the critic; turns of two steps.
SHORT = {"pretraining_steps": 5, "critic_steps": 3, "turn_steps": 2}


class Updates:
    """Phases without losses."""

    optimizer = keras.optimizers.SGD()

    def critic_phase(self, name, **when):
        return phase.Phase(name, ("critic",), None, self.optimizer, **when)

    def adversarial_phase(self, name, *, error_gain, **when):
        # Where no loss is asked for, the gain of the phase stands for it.
        return self.error_phase(name, gain=error_gain or 0.5, **when)

    def error_phase(self, name, **when):
        return phase.Phase(name, ("generator",), None, self.optimizer, **when)


def phases(name: str, **numbers: int) -> tuple[phase.Phase, ...]:
    found = schedules.phases(schedules.Schedule(name, **SHORT | numbers), Updates())
    phase.check(found)
    return found


def active(name: str, step: int) -> str:
    return " ".join(phase.active(phases(name), step))


def test_reconstruction_alone_never_ends():
    assert {active("reconstruction", step) for step in (0, 7, 10**6)} == {
        "reconstruction"
    }


@pytest.mark.parametrize("name", ["simple", "double", "alternating"])
def test_generator_and_critic_are_pretrained_in_turn(name):
    for step in range(5):
        assert active(name, step) == "pretraining"
    for step in range(5, 8):
        assert active(name, step) == "critic_pretraining"


@pytest.mark.parametrize("name", ["simple", "double"])
def test_then_both_play_to_the_end(name):
    assert {active(name, step) for step in (8, 9, 10, 11, 10**6)} == {
        "critic generator"
    }


def test_alternating_takes_turns():
    found = [active("alternating", step) for step in range(8, 14)]
    both, alone = "critic generator", "reconstruction"
    assert found == [both, both, alone, alone, both, both]


def test_the_critic_learns_five_times_for_each_update_of_the_generator():
    for name in ("simple", "double", "alternating"):
        repeats = {one.name: one.repeats for one in phases(name)}
        assert repeats["critic"] == 5
        assert repeats["generator"] == repeats["critic_pretraining"] == 1


def test_double_alone_adds_the_error_with_its_gain():
    gains = {
        name: [one.gain for one in phases(name, error_gain=2.0)][-1]
        for name in ("simple", "double", "alternating")
    }
    assert gains == {"simple": 0.5, "double": 2.0, "alternating": 0.5}


def test_published_lengths_are_the_defaults():
    published = schedules.Schedule("simple")
    # 50 epochs of 2,336 samples, four at a time; 2,000 iterations.
    assert published.start == 50 * 2336 // 4 + 2000


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"name": "triple"}, "`name` ('triple') of the schedule must be one of"),
        ({"critic_updates": 0}, "`critic_updates` (0) must be at least 1"),
        ({"pretraining_steps": -1}, "`pretraining_steps` (-1) must be at least 0"),
        ({"error_gain": 0.0}, "`error_gain` (0.0) must be positive"),
    ],
)
def test_settings_without_meaning_are_refused(settings, words):
    with pytest.raises(errors.UserError) as found:
        schedules.Schedule(**settings)
    assert words in str(found.value)
