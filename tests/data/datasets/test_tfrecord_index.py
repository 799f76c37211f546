import pytest
import tensorflow as tf

from tfvideogan.data.datasets import tfrecord_index
from tfvideogan.media import damage


def write(path, contents):
    with tf.io.TFRecordWriter(str(path)) as writer:
        for content in contents:
            writer.write(content)
    return path


def example(value: int) -> tf.train.Example:
    feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
    return tf.train.Example(features=tf.train.Features(feature={"value": feature}))


def test_examples_are_found_and_read_in_any_order(tmp_path):
    contents = [example(value).SerializeToString() for value in (5, 1000000, 7)]
    path = write(tmp_path / "file", contents)
    places = tfrecord_index.find_examples(path)
    assert [size for _, size in places] == [len(content) for content in contents]
    for number in (2, 0, 1):
        read = tfrecord_index.read_example(path, *places[number])
        assert read.SerializeToString() == contents[number]


def test_an_empty_file_has_no_examples(tmp_path):
    assert tfrecord_index.find_examples(write(tmp_path / "file", [])) == []


@pytest.mark.parametrize("left", [5, 25, -1])
def test_a_file_that_is_cut_off_is_noticed(tmp_path, left):
    path = write(tmp_path / "file", [example(1).SerializeToString()])
    path.write_bytes(path.read_bytes()[:left])
    (place,) = tfrecord_index.find_examples(path)
    with pytest.raises(damage.DamagedClip, match=f"{path} is cut off"):
        tfrecord_index.read_example(path, *place)


def test_a_file_of_another_kind_is_noticed(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\xff" * 200)
    (place,) = tfrecord_index.find_examples(path)
    with pytest.raises(damage.DamagedClip, match="no TFRecord file"):
        tfrecord_index.read_example(path, *place)
    write(path, [b"\xff\xff not an example"])
    (place,) = tfrecord_index.find_examples(path)
    with pytest.raises(damage.DamagedClip, match="is no example"):
        tfrecord_index.read_example(path, *place)
