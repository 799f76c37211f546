"""A model that follows captions by arithmetic, see tests/served_toy.py."""

import pytest

from tests import served_toy
from tfvideogan.core import clip
from tfvideogan.library import loading
from tfvideogan.library import model as library


@pytest.fixture(scope="session")
def model() -> library.Model:
    gan = served_toy.TalkingGAN()
    gan.build_for(clip.ClipSpec(3, 8, 8))
    return loading.load(gan)
