"""A UserError is what doors print, and a ValueError for everyone else."""

from tfvideogan.core import errors


def test_a_user_error_is_a_value_error_with_its_message():
    error = errors.UserError("`steps` (0) must be 1 or more.")
    assert isinstance(error, ValueError)
    assert str(error) == "`steps` (0) must be 1 or more."


def test_which_flag_helps_is_said_apart():
    error = errors.UserError("`root` must be given.", flags="--root=... does that.")
    assert str(error) == "`root` must be given."
    assert error.flags == "--root=... does that." and errors.UserError("").flags == ""
