import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.data import films
from tfvideogan.media import damage, image_sequences, reader, writer


def save(folder, name: str, value: int = 0, size=(4, 3)) -> None:
    folder.mkdir(exist_ok=True)
    Image.new("RGB", size, (value,) * 3).save(folder / name)


def test_pictures_come_in_the_order_of_their_numbers(tmp_path):
    for number in (2, 10, 1):
        save(tmp_path / "a", f"frame{number}.png", number)
    frames, fps = reader.read_video(tmp_path / "a")
    assert frames[:, 0, 0, 0].tolist() == [1, 2, 10]
    assert fps == image_sequences.DEFAULT_FPS


def test_jpg_png_bmp_and_webp_may_be_mixed_and_other_files_are_ignored(tmp_path):
    for number, ending in enumerate(("jpg", "png", "bmp", "webp", "JPEG")):
        save(tmp_path / "a", f"{number}.{ending}", 20 * number)
    (tmp_path / "a" / "notes.txt").write_text("5")
    (tmp_path / "a" / ".hidden.png").write_bytes(b"x")
    frames, _ = reader.read_video(tmp_path / "a")
    assert len(frames) == 5


def test_sixteen_bits_become_eight(tmp_path):
    # 257 x is the 16-bit value of x; 128 more rounds up, 128 less stays.
    deep = np.uint16([[0, 257 * 100, 257 * 100 + 128, 257 * 100 + 129, 65535]])
    Image.fromarray(deep).save(tmp_path / "0.png")
    frames, _ = reader.read_video(tmp_path, channels=1)
    assert frames[0, 0, :, 0].tolist() == [0, 100, 100, 101, 255]


def test_what_is_transparent_lies_over_black(tmp_path):
    colours = np.uint8([[[200, 100, 50, 255], [200, 100, 50, 51], [200, 100, 50, 0]]])
    Image.fromarray(colours).save(tmp_path / "0.png")
    frames, _ = reader.read_video(tmp_path)
    # 51 is a fifth of 255.
    assert frames[0, 0].tolist() == [[200, 100, 50], [40, 20, 10], [0, 0, 0]]


def test_a_transparent_gif_lies_over_black(tmp_path):
    palette = Image.new("P", (2, 1))
    palette.putpalette([250, 0, 0, 0, 250, 0])
    palette.putdata([0, 1])
    palette.save(tmp_path / "a.gif", transparency=1)
    frames, _ = reader.read_video(tmp_path / "a.gif")
    assert frames[0, 0].tolist() == [[250, 0, 0], [0, 0, 0]]


def test_grey_is_the_luma_of_bt601(tmp_path):
    Image.new("RGB", (1, 1), (100, 200, 50)).save(tmp_path / "0.png")
    frames, _ = reader.read_video(tmp_path, channels=1)
    # 0.299 * 100 + 0.587 * 200 + 0.114 * 50 = 153.0
    assert frames[0, 0, 0, 0] == 153


def test_grey_pictures_become_rgb(tmp_path):
    Image.new("L", (2, 2), 77).save(tmp_path / "0.png")
    frames, _ = reader.read_video(tmp_path)
    assert frames.shape == (1, 2, 2, 3) and (frames == 77).all()


def test_frames_are_fitted_while_they_are_read(tmp_path):
    writer.write_video(tmp_path / "a", films.ramp(2, 8, 16), fps=8)
    stretched, _ = reader.read_video(tmp_path / "a", height=4, width=4)
    assert stretched.shape == (2, 4, 4, 3)


def complaint(path) -> str:
    with pytest.raises(damage.DamagedClip) as raised:
        reader.read_video(path)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_mixed_sizes_are_named_with_both_files(tmp_path):
    save(tmp_path / "a", "0.png")
    save(tmp_path / "a", "1.png", size=(6, 5))
    text = complaint(tmp_path / "a")
    assert "1.png is 5x6 but 0.png is 3x4" in text


def test_an_empty_folder_is_named(tmp_path):
    assert f"{tmp_path} has no frames" in complaint(tmp_path)
    with pytest.raises(damage.DamagedClip, match="has no pictures"):
        image_sequences.probe(tmp_path)


def test_a_truncated_picture_is_named(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "7.jpg")
    films.truncate(tmp_path / "7.jpg")
    assert "7.jpg is damaged" in complaint(tmp_path)


def test_a_picture_in_a_folder_that_is_no_picture_is_named(tmp_path):
    (tmp_path / "0.png").write_text("no picture")
    assert "0.png is damaged or no picture" in complaint(tmp_path)


# What EXIF calls 6 stands upright when it is turned clockwise by a quarter.
@pytest.mark.parametrize(
    ("orientation", "shown"),
    [
        (1, lambda f: f),
        (2, np.fliplr),
        (3, lambda f: np.rot90(f, 2)),
        (6, lambda f: np.rot90(f, -1)),
        (8, np.rot90),
    ],
)
@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_pictures_are_turned_as_exif_says(tmp_path, orientation, shown, ending):
    exif = Image.Exif()
    exif[0x0112] = orientation
    corners = films.corners()[0]
    Image.fromarray(corners).save(tmp_path / f"0.{ending}", exif=exif)
    expected = shown(corners)
    frames, _ = reader.read_video(tmp_path)
    assert frames[0].shape == expected.shape
    within = frames[0][4::8, 4::8].astype(int)
    assert np.abs(within - expected[4::8, 4::8]).max() < 30
    info = reader.probe(tmp_path)
    assert (info.height, info.width) == expected.shape[:2]


@pytest.mark.parametrize(("form", "ending"), [("WEBP", "webp"), ("PNG", "apng")])
def test_animations_have_their_own_timing(tmp_path, form, ending):
    pictures = [Image.fromarray(frame) for frame in films.ramp(3)]
    pictures[0].save(
        tmp_path / f"a.{ending}",
        format=form,
        lossless=True,
        save_all=True,
        append_images=pictures[1:],
        duration=[40, 80, 40],
    )
    frames, fps = reader.read_video(tmp_path / f"a.{ending}")
    assert films.greys(frames) == [0, 1, 1, 2] and fps == 25.0


def test_the_default_image_of_an_animation_is_no_frame(tmp_path):
    pictures = [Image.fromarray(frame) for frame in films.ramp(4)]
    pictures[0].save(
        tmp_path / "a.png",
        save_all=True,
        append_images=pictures[1:],
        duration=125,
        default_image=True,
    )
    frames, fps = reader.read_video(tmp_path / "a.png")
    assert films.greys(frames) == [1, 2, 3] and fps == 8.0
    assert reader.probe(tmp_path / "a.png").num_frames == 3


def test_of_two_pictures_of_one_name_one_is_a_frame(tmp_path):
    for number in range(3):
        save(tmp_path, f"{number}.png", 40 * number)
        save(tmp_path, f"{number}.jpg", 255)
    save(tmp_path, "cover.jpg")
    frames, _ = reader.read_video(tmp_path)
    assert frames[:, 0, 0, 0].tolist() == [0, 40, 80]
    _, left_out = image_sequences.listed(tmp_path)
    assert [path.name for path in left_out] == ["0.jpg", "1.jpg", "2.jpg", "cover.jpg"]


def test_names_that_are_no_order_are_named(tmp_path):
    save(tmp_path / "a", "left_1.png")
    save(tmp_path / "a", "right_1.png")
    assert "left_1.png and right_1.png carry the same number" in complaint(
        tmp_path / "a"
    )


def test_a_picture_that_is_far_too_large_is_named(tmp_path):
    # The head of a small file says that it is 20000 x 20000.
    save(tmp_path, "0.png")
    content = bytearray((tmp_path / "0.png").read_bytes())
    content[16:24] = struct.pack(">II", 20000, 20000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    (tmp_path / "0.png").write_bytes(content)
    assert "0.png is too large" in complaint(tmp_path)
