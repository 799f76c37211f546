import pytest

from tfvideogan.core import errors
from tfvideogan.data import action_captions, captions


def test_every_caption_means_what_it_was_made_of():
    for action in action_captions.ACTIONS:
        for direction in action_captions.directions(action):
            said = action_captions.caption(action, direction)
            assert action_captions.parsed(said) == (action, direction)


def test_captions_say_action_and_direction():
    said = action_captions.caption("walking", action_captions.LEFT)
    assert said == "a person is walking to the left"
    said = action_captions.caption("running", action_captions.NOWHERE)
    assert said == "a person is running"
    assert action_captions.MAX_WORDS == 7


def test_the_vocabulary_holds_every_caption_and_a_mirror_turns_it():
    vocabulary = action_captions.VOCABULARY
    for said, (action, direction) in action_captions.MEANINGS.items():
        tokens, _ = vocabulary.encode(said, action_captions.MAX_WORDS)
        turned = vocabulary.decode(captions.mirrored(tokens).numpy())
        assert action_captions.parsed(turned) == (action, -direction)


def test_another_sentence_is_refused_with_the_captions():
    with pytest.raises(errors.UserError, match="'a dog is running' is no .*clapping"):
        action_captions.parsed("a dog is running")
