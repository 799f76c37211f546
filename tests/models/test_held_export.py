"""Exports that models take along."""

import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.models import held_export


def test_an_export_is_loaded(tmp_path):
    module = tf.Module()
    module.number = tf.Variable(3.0)
    tf.saved_model.save(module, str(tmp_path))
    assert float(held_export.load(str(tmp_path), option="painter").number) == 3


def test_what_is_no_export_is_named_with_its_option(tmp_path):
    with pytest.raises(errors.UserError, match=r"`painter` .*/none'\) is no export"):
        held_export.load(f"{tmp_path}/none", option="painter")
