import re

import pytest

from tests import source_tree
from tfvideogan.core import errors
from tfvideogan.data.downloads import sets


def test_the_places_of_the_sets():
    strips = sets.SETS["strips"].files[0].place
    assert (
        strips("mocogan-937a/data/actions/0/00000002.jpg") == "actions/0/00000002.jpg"
    )
    assert strips("mocogan-937a/src/train.py") is None
    films, lists = (one.place for one in sets.SETS["ucf101"].files)
    name = "v_HandStandPushups_g01_c02.avi"
    assert films(f"UCF101/{name}") == f"UCF-101/HandstandPushups/{name}"
    assert films("UCF101/v_Biking_g25_c04.avi") == "UCF-101/Biking/v_Biking_g25_c04.avi"
    assert films("UCF101/readme.txt") is None
    assert lists("ucfTrainTestlist/classInd.txt") == "ucfTrainTestlist/classInd.txt"
    kth = sets.SETS["kth"].files[0].place
    assert kth("person01_walking_d1_uncomp.avi").startswith("walking/person01")
    [davis] = (one.place for one in sets.SETS["davis"].files)
    assert davis("DAVIS/ImageSets/2017/val.txt") == "ImageSets/2017/val.txt"


@pytest.mark.parametrize("name", sets.SETS)
def test_the_printed_command_reads_a_gin_file_that_is_there(name):
    chosen = sets.SETS[name]
    [gin_file] = [one for one in chosen.flags if one.startswith("--gin_file=")]
    text = (source_tree.ROOT / gin_file.partition("=")[2]).read_text(encoding="utf-8")
    [root] = [one for one in chosen.flags if "{root}" in one]
    macro = re.match(r"--gin_param=(\w+) = ", root)[1]
    assert f"{macro} = %gin.REQUIRED" in text


def test_digests_have_the_length_of_their_kind():
    lengths = {"sha1": 40, "sha256": 64}
    for chosen in sets.SETS.values():
        for file in chosen.files:
            kind, _, digits = (file.digest or "sha1:" + "0" * 40).partition(":")
            assert re.fullmatch(rf"[0-9a-f]{{{lengths[kind]}}}", digits), file.name
        assert all(re.fullmatch("[0-9a-f]{40}", one) for one in chosen.trees.values())


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(errors.UserError, match="choose one of davis, kth, ucf101"):
        sets.find("imagenet")
