"""gin configurations: what is read, what is refused, what is reported."""

import pathlib

import pytest

from tests.engine import toy
from tfvideogan.core import errors
from tfvideogan.engine import loop
from tfvideogan.engine.config import config

TOY = "tests/engine/toy.gin"
IMPORTS = """
from __gin__ import dynamic_registration
from tests.engine import toy
from tfvideogan.engine import loop
"""


def write(folder: pathlib.Path, text: str) -> str:
    path = folder / "a.gin"
    path.write_text(IMPORTS + text)
    return str(path)


def refusal(*bindings: str) -> str:
    with pytest.raises(errors.UserError) as caught:
        config.parse([TOY], bindings)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_later_bindings_win() -> None:
    config.parse([TOY], ["BATCH_SIZE = 7", "BATCH_SIZE = 6"])
    assert config.arguments(loop.run)["batch_size"] == 6


def test_files_come_before_bindings_and_in_order(tmp_path: pathlib.Path) -> None:
    second = write(tmp_path, "BATCH_SIZE = 5\nSEED = 9\n")
    config.parse([TOY, second], ["SEED = 8"])
    arguments = config.arguments(loop.run)
    assert (arguments["batch_size"], arguments["seed"]) == (5, 8)


def test_a_binding_can_name_what_a_file_imports_but_does_not_use() -> None:
    other = ["loop.run.make_model = @toy.OtherGAN", "toy.OtherGAN.filters = 8"]
    assert "toy.OtherGAN.filters = 8" in config.parse([TOY], other).text


def test_many_configurations_can_be_parsed_one_after_another() -> None:
    config.parse([TOY], ["toy.ToyGAN.rate = 0.5"])
    parsed = config.parse([TOY])
    assert "rate" not in parsed.text


def test_classes_stay_plain_and_their_instances_are_exactly_theirs() -> None:
    config.parse([TOY], ["toy.MeanError.horizon = 7"])
    made = config.arguments(loop.run)["metrics"][0]
    assert type(made) is toy.MeanError and made.horizon == 7
    assert toy.MeanError().horizon == 3  # a direct call knows nothing of gin


def test_unknown_name_gets_the_nearest_one() -> None:
    message = refusal("toy.ToyGun.filters = 2")
    assert "nothing is called `toy.ToyGun`; did you mean `toy.ToyGAN`" in message


def test_module_that_no_file_imports_is_named() -> None:
    message = refusal("tony.ToyGAN.filters = 2")
    assert "`tony` is not imported" in message and "loop, toy" in message


def test_misspelt_parameter_gets_the_nearest_one() -> None:
    message = refusal("loop.run.batchsize = 2")
    assert message == (
        "the binding 'loop.run.batchsize = 2': `loop.run` has no parameter `batchsize`; "
        "did you mean `batch_size` or `eval_batch_size`?"
    )


def test_parameter_like_no_other_gets_the_list() -> None:
    assert "It takes frames, height, width" in refusal("toy.ToySource.xyz = 2")


def test_fault_in_a_file_is_shown_with_file_and_line(tmp_path: pathlib.Path) -> None:
    path = write(tmp_path, "\nloop.run.stebs = 3\n")
    with pytest.raises(errors.UserError) as caught:
        config.parse([path])
    message = str(caught.value)
    assert message.startswith(f"{path} line 6: ") and "did you mean `steps`" in message


def test_fault_in_an_included_file_is_shown_there(tmp_path: pathlib.Path) -> None:
    inner = write(tmp_path, "loop.run.stebs = 3\n")
    outer = tmp_path / "outer.gin"
    outer.write_text(f"include '{inner}'\n")
    with pytest.raises(errors.UserError, match="did you mean `steps`") as caught:
        config.parse([str(outer)])
    assert str(caught.value).startswith(f"{inner} line 5: ")


def test_unquoted_string_is_explained() -> None:
    message = refusal("loop.run.precision = float32")
    assert "a string needs quotes ('\"float32\"')" in message


@pytest.mark.parametrize("binding", ["STEPS", "STEPS =", "BATCH_SIZE = [2", "=3"])
def test_what_is_no_binding_is_explained(binding: str) -> None:
    assert "a binding is written `name.parameter = value`" in refusal(binding)


def test_undefined_macro_gets_the_nearest_one() -> None:
    message = refusal("loop.run.steps = %STEP")
    assert "%STEP, which is not defined; did you mean `STEPS`?" in message


def test_required_value_is_asked_for() -> None:
    message = refusal("loop.run.steps = %gin.REQUIRED")
    assert "`loop.run.steps` must be given" in message


def test_missing_argument_is_asked_for(tmp_path: pathlib.Path) -> None:
    config.parse([write(tmp_path, "loop.run.steps = 3\n")])
    with pytest.raises(errors.UserError, match="`loop.run.make_model` has no value"):
        config.call(loop.run, workdir="nowhere")


def test_missing_file_gets_similar_ones() -> None:
    with pytest.raises(errors.UserError) as caught:
        config.parse(["gin/smokes.gin"])
    assert "did you mean `gin/smoke.gin`" in str(caught.value)


@pytest.mark.parametrize(
    "binding, rule",
    [
        ('loop.run.steps = "ten"', "`loop.run.steps` must be an integer, not 'ten'"),
        ("loop.run.steps = 1.5", "must be an integer, not 1.5"),
        ("loop.run.steps = True", "must be an integer, not True"),
        ('STEPS = "ten"', "`loop.run.steps` must be an integer, not 'ten'"),
        ("loop.run.precision = 16", "must be a string in quotes, not 16"),
        ("loop.run.eval_clips = 'all'", "must be an integer or None"),
        ("loop.run.deterministic = 1", "must be True or False"),
        ("loop.run.metrics = @toy.MeanError()", "list in brackets"),
        ("loop.run.make_model = @toy.ToyGAN()", "write @toy.ToyGAN without brackets"),
        ("loop.run.make_model = 'ToyGAN'", "a class or function, written @name"),
        (
            "toy.ToyGAN.clip_norm = '1'",
            "`toy.ToyGAN.clip_norm` must be a number or None",
        ),
    ],
)
def test_wrong_type_is_refused_before_anything_is_built(
    binding: str, rule: str
) -> None:
    assert rule in refusal(binding)


@pytest.mark.parametrize(
    "binding",
    [
        "toy.ToyGAN.rate = 1",  # an integer is a number
        "loop.run.eval_clips = None",
        "loop.run.transforms = []",
        "toy.ToyGAN.clip_norm = 0.5",
    ],
)
def test_right_type_is_accepted(binding: str) -> None:
    config.parse([TOY], [binding])


def test_idle_bindings_are_listed_and_used_ones_are_not(tmp_path: pathlib.Path) -> None:
    idle = "other/toy.MeanError.horizon = 9\nFRAME = 3\ntoy.OtherGAN.rate = 1.0\n"
    config.parse([TOY, write(tmp_path, idle)])
    arguments = config.arguments(loop.run)
    arguments["make_model"]()
    assert config.unused() == [
        "FRAME = 3",
        *[one for one in config.unused() if one.startswith("loop.run.")],
        "other/toy.MeanError.horizon = 9",
        "toy.OtherGAN.rate = 1.0",
    ]


def test_macro_that_the_command_line_replaces_is_no_idle_binding() -> None:
    config.parse([TOY], ["loop.run.steps = 5"])
    assert not [one for one in config.unused() if one.startswith("STEPS")]


SWAPPED = """
loop.run.make_model = @toy.OtherGAN
loop.run.metrics = []
"""


def test_what_a_later_file_puts_out_of_work_is_no_idle_binding(
    tmp_path: pathlib.Path,
) -> None:
    first = tmp_path / "first.gin"
    first.write_text(
        IMPORTS
        + "loop.run.make_model = @toy.ToyGAN\ntoy.ToyGAN.rate = %RATE\nRATE = 2.0\n"
        + "loop.run.metrics = [@toy.MeanError()]\ntoy.MeanError.horizon = 1\n"
        + "toy.ToySource.num_clips = 4\n"
    )
    parsed = config.parse([str(first), write(tmp_path, SWAPPED)])
    for _ in range(2):
        config.arguments(loop.run)["make_model"]()
        # No file has ever led to the source: this is a mistake, and stays one.
        idle = [one for one in config.unused() if not one.startswith("loop.run.")]
        assert idle in (["toy.ToySource.num_clips = 4"], [])
        config.parse_text(parsed.text)
    assert not idle  # it was said when the run was started


def test_binding_under_an_overriding_scope_is_idle(tmp_path: pathlib.Path) -> None:
    text = (
        "loop.run.metrics = [@a/toy.MeanError()]\n"
        "toy.MeanError.horizon = 1\na/toy.MeanError.horizon = 2\n"
    )
    config.parse([write(tmp_path, text)])
    assert config.arguments(loop.run)["metrics"][0].horizon == 2
    idle = config.unused()
    assert "toy.MeanError.horizon = 1" in idle
    assert "a/toy.MeanError.horizon = 2" not in idle


def test_operative_text_reads_back_to_the_same_arguments() -> None:
    config.parse([TOY], ["toy.ToyGAN.filters = 8"])
    config.arguments(loop.run)["make_model"]()
    stored = config.operative_text()
    config.parse_text(stored)
    model = config.arguments(loop.run).get("make_model")
    # loop.run itself was not called, so only the model is operative.
    assert model is None and "toy.ToyGAN.filters = 8" in stored
    assert "toy.ToyGAN.penalty = False" in stored  # defaults are written down


def test_values_show_what_macros_stand_for_and_defaults() -> None:
    values = config.parse([TOY], ["BATCH_SIZE = 6"]).values
    assert values["tfvideogan.engine.loop.run.batch_size"] == "6"
    assert values["tfvideogan.engine.loop.run.precision"] == "'float32'"
    assert values["tests.engine.toy.ToyGAN.penalty"] == "False"
    assert values["tfvideogan.engine.loop.run.metrics"] == (
        "(@tests.engine.toy.MeanError())"
    )


def test_values_name_modules_by_their_files(tmp_path: pathlib.Path) -> None:
    gin = tmp_path / "aliased.gin"
    gin.write_text(
        "from __gin__ import dynamic_registration\n"
        "from tfvideogan.engine import loop as training\n"
        "from tfvideogan.metrics import masks as judges\n"
        "training.run.metrics = [@judges.MaskTracking()]\n"
        "judges.MaskTracking.horizon = 3\n"
    )
    values = config.parse([str(gin)]).values
    assert values["tfvideogan.metrics.masks.MaskTracking.horizon"] == "3"
    assert values["tfvideogan.engine.loop.run.metrics"] == (
        "(@tfvideogan.metrics.masks.MaskTracking())"
    )


def test_message_leaves_out_the_notes_of_gin() -> None:
    config.parse([TOY], ["toy.ToyGAN.filters = 5"])
    with pytest.raises(ValueError) as caught:
        config.arguments(loop.run)["make_model"]()
    assert config.message(caught.value) == "`filters` (5) must be even; use 6."


def test_files_on_top_of_a_stored_text_win_and_bindings_win_over_them(
    tmp_path: pathlib.Path,
) -> None:
    stored = config.parse([TOY], ["SEED = 3", "BATCH_SIZE = 3", "STEPS = 3"]).text
    top = write(tmp_path, "BATCH_SIZE = 5\nSEED = 5\n")
    config.parse_text(stored, ["SEED = 7"], gin_files=[top])
    found = config.arguments(loop.run)
    assert (found["steps"], found["batch_size"], found["seed"]) == (3, 5, 7)


def test_replaced_packages_are_forgotten_and_the_rest_is_kept(
    tmp_path: pathlib.Path,
) -> None:
    stored = config.parse([TOY], ["toy.ToySource.num_clips = 3"]).text
    config.parse_text(stored, replaced=["tests.engine", "tfvideogan.engine.loo"])
    found = config.values()
    assert found["tests.engine.toy.ToySource.num_clips"] == "12"  # its default
    assert found["tfvideogan.engine.loop.run.steps"] == "4"


def test_required_macro_keeps_the_value_that_the_text_gave_it(
    tmp_path: pathlib.Path,
) -> None:
    text = "ROOT = %gin.REQUIRED\ntoy.ToySource.root = %ROOT\n"
    top = write(tmp_path, text)
    stored = config.parse([top], ["ROOT = 'there'"]).text
    parsed = config.parse_text(stored, gin_files=[top])
    assert parsed.values["tests.engine.toy.ToySource.root"] == "'there'"
    assert parsed.required == ("ROOT",)
    parsed = config.parse_text(stored, ["ROOT = 'here'"], gin_files=[top])
    assert parsed.values["tests.engine.toy.ToySource.root"] == "'here'"
    with pytest.raises(errors.UserError, match="`ROOT` must be given"):
        config.parse_text(IMPORTS, gin_files=[top])


def test_bindings_of_a_file_can_be_read_alone(tmp_path: pathlib.Path) -> None:
    top = write(tmp_path, "toy.ToySource.root = %OPEN\ntoy.ToySource.num_clips = 3\n")
    found = config.read_bindings(top, toy.ToySource)
    assert found["num_clips"] == 3 and repr(found["root"]) == "%OPEN"


@pytest.mark.parametrize(
    "bindings, circle",
    [
        (["BATCH_SIZE = %BATCH_SIZE"], "BATCH_SIZE -> BATCH_SIZE"),
        (["STEPS = (%SEED, 1)", "SEED = %STEPS"], "STEPS -> SEED -> STEPS"),
    ],
)
def test_macros_that_refer_to_themselves_are_refused(
    bindings: list[str], circle: str
) -> None:
    assert f"refers to itself ({circle})" in refusal(*bindings)


def test_objects_of_another_kind_are_refused() -> None:
    assert "`loop.run.metrics` must be a list in brackets of Metric" in refusal(
        "loop.run.metrics = [1]"
    )
    text = "`loop.run.transforms` must be a list in brackets of class or function"
    assert text in refusal('loop.run.transforms = ["flip"]')


def test_files_that_include_each_other_are_named_in_a_short_line(
    tmp_path: pathlib.Path,
) -> None:
    first, second = tmp_path / "a.gin", tmp_path / "b.gin"
    first.write_text(f"include '{second}'\n")
    second.write_text(f"A = 1\ninclude '{first}'\n")
    with pytest.raises(errors.UserError) as caught:
        config.parse([str(first)])
    assert str(caught.value) == (
        f"Gin files include each other: {first} -> {second} -> {first}."
    )


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("is_included", [True, False])
def test_a_file_in_another_encoding_is_named(
    encoding: str, is_included: bool, tmp_path: pathlib.Path
) -> None:
    odd, outer = tmp_path / "odd.gin", tmp_path / "outer.gin"
    odd.write_bytes("# é\nA = 1\n".encode(encoding))
    outer.write_text(f"include '{odd}'\n")
    with pytest.raises(errors.UserError, match=f"{odd} .*must be UTF-8"):
        config.parse([str(outer if is_included else odd)])
