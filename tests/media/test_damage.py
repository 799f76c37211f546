import pytest

from tfvideogan.core import errors
from tfvideogan.media import damage


def test_one_of_a_hundred_may_be_damaged():
    damage.check_share(["a is empty."], 100, damage.MAX_SHARE)


def test_of_fewer_than_a_hundred_none_may():
    with pytest.raises(errors.UserError, match="1 of 99 clips"):
        damage.check_share(["a is empty."], 99, damage.MAX_SHARE)


def test_the_first_reasons_and_the_way_out_are_told():
    reasons = [f"{name} is empty." for name in "abcde"]
    with pytest.raises(errors.UserError) as raised:
        damage.check_share(reasons, 20, 0.1)
    text = str(raised.value)
    assert "a is empty. b is empty. c is empty." in text and "d is" not in text
    assert "`max_damaged` (0.1)" in text and "`max_damaged` = 0.25" in text
    damage.check_share(reasons, 20, 0.25)
