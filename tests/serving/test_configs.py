"""The configurations beside the models are what servers read."""

import re

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from tests import source_tree
from tfvideogan import export
from tfvideogan.serving.local.lifecycle import config as local_config

FOLDER = source_tree.ROOT / "saved_models"


def test_models_config_is_what_a_server_parses():
    config = text_format.Parse(
        (FOLDER / "models.config").read_text(),
        model_server_config_pb2.ModelServerConfig(),
    )
    for one in config.model_config_list.config:
        # Inside the container; a relative path stops the server.
        assert one.base_path == f"/models/{one.name}"
        assert one.model_platform == "tensorflow"


def test_monitoring_config_is_what_the_local_server_reads():
    fields = local_config.read_fields(FOLDER / "monitoring.config")
    assert fields == {
        "prometheus_config.enable": True,
        "prometheus_config.path": "/monitoring/prometheus/metrics",
    }


def test_batch_sizes_ascend_end_with_the_greatest_and_are_warmed_by_default():
    text = (FOLDER / "batching.config").read_text()
    sizes = [int(one) for one in re.findall(r"^allowed_batch_sizes: (\d+)", text, re.M)]
    [greatest] = re.findall(r"^max_batch_size { value: (\d+) }", text, re.M)
    assert sizes == sorted(sizes) and sizes[-1] == int(greatest)
    default = export.make_parser().get_default("batch_sizes")
    assert default == ",".join(map(str, sizes))
    assert "pad_variable_length_inputs: false" in text


def test_deployments_name_configurations_that_exist():
    for name in ("compose.yaml", "kubernetes.yaml"):
        text = (source_tree.ROOT / "tools" / "deploy" / name).read_text()
        named = re.findall(r"=/models/(\S+)", text)
        assert named and all((FOLDER / one).is_file() for one in named)
