"""The printed command of the official image: what it names exists inside."""

import pathlib
import shlex

import pytest

from tfvideogan.serving.local import flags, image


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder with a blank in its name, and models in two places."""
    made = tmp_path / "my models"
    for folder in ("here/foregan/1", "far/mocogan/2"):
        (made / folder).mkdir(parents=True)
    return made


def command(root: pathlib.Path, *given: str) -> tuple[dict[str, str], list[str], str]:
    """Mounts by place inside, the other words, and what follows the command."""
    line = image.line(flags.parser("").parse_args(given), root)
    line, mark, note = line.partition(image.RAW)
    words = shlex.split(line.partition("image: ")[2]) + [mark]
    assert words[:2] == ["docker", "run"]
    mounts, rest = {}, []
    for word in words[2:]:
        fields = dict(one.split("=") for one in word.split(",") if "=" in one)
        if word.startswith("type=bind,"):
            mounts[fields["target"]] = fields["source"]
        elif word != "--mount":
            rest.append(word)
    return mounts, rest, note


def listed(*paths: pathlib.Path | str) -> str:
    models = "".join(
        f"config {{ name: '{pathlib.Path(path).name}' base_path: '{path}' "
        "model_platform: 'tensorflow' }"
        for path in paths
    )
    return f"model_config_list {{ {models} }}"


def test_one_model_is_mounted_under_its_name(root: pathlib.Path) -> None:
    given = ("--model_name=x", "--model_base_path=far/mocogan", "--port=9000")
    mounts, words, _ = command(root, *given)
    assert mounts == {"/models/x": f"{root}/far/mocogan"}
    assert words == [
        *("-p", "9000:8500", "-p", "8501:8501", "-e", "MODEL_NAME=x"),
        *(image.IMAGE, image.RAW),
    ]


def test_models_beside_their_configuration_need_one_mount(root: pathlib.Path) -> None:
    (root / "here" / "models.config").write_text(listed("/models/foregan"))
    (root / "here" / "batching.config").write_text("")
    for given in ("--saved_models=here", "--model_config_file=here/models.config"):
        mounts, words, note = command(root, given)
        assert mounts == {"/models": f"{root}/here"}
        assert "--model_config_file=/models/models.config" in words
        assert "--batching_parameters_file=/models/batching.config" in note


def test_models_elsewhere_are_mounted_where_they_are_said_to_be(root) -> None:
    far = root / "far" / "mocogan"
    file = root / "here" / "m.config"
    file.write_text(listed("/models/foregan", far))
    mounts, words, _ = command(root, "--model_config_file=here/m.config")
    assert mounts == {"/models": f"{root}/here", str(far): str(far)}
    assert "--model_config_file=/models/m.config" in words
    # What the folder would hide is mounted one by one.
    file.write_text(listed("/models/foregan", "/models/elsewhere"))
    mounts, words, _ = command(root, "--model_config_file=here/m.config")
    assert mounts == {
        "/config": f"{root}/here",
        "/models/foregan": f"{root}/here/foregan",
        "/models/elsewhere": "/models/elsewhere",
    }
    assert "--model_config_file=/config/m.config" in words


def test_a_folder_without_configuration_is_one_model_or_is_told(root) -> None:
    mounts, words, _ = command(root, "--saved_models=far")
    assert mounts == {"/models/mocogan": f"{root}/far/mocogan"}
    assert "MODEL_NAME=mocogan" in words
    (root / "far" / "other" / "1").mkdir(parents=True)
    mounts, _, note = command(root, "--saved_models=far")
    assert mounts == {"/models": f"{root}/far"}
    assert note == f"; {root}/far/models.config must be written first, and list " + (
        "mocogan, other"
    )


def test_files_of_flags_are_carried_over(root: pathlib.Path) -> None:
    given = ("--model_base_path=here/foregan", "--monitoring_config_file=m/c.config")
    mounts, words, _ = command(root, *given)
    assert mounts["/monitoring"] == f"{root}/m"
    assert "--monitoring_config_file=/monitoring/c.config" in words
