"""Tests of serving/protos.py."""

import logging

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from serving import errors, protos


def test_batching_parameters_read_what_users_have_today(tmp_path):
    path = tmp_path / "batching.config"
    path.write_text(
        "max_batch_size { value: 128 } # the largest\n"
        "batch_timeout_micros { value: 0 }\n"
        "num_batch_threads: { value: 3 }, max_enqueued_batches < value: 7 >;\n"
        "allowed_batch_sizes: 1 allowed_batch_sizes: [16, 128]\n"
        "pad_variable_length_inputs: true"
    )
    message = protos.read(path, protos.BatchingParameters)
    assert message.max_batch_size.value == 128
    assert message.HasField("batch_timeout_micros")
    assert not message.HasField("max_execution_batch_size")
    assert (message.num_batch_threads.value, message.max_enqueued_batches.value) == (3, 7)
    assert list(message.allowed_batch_sizes) == [1, 16, 128]
    assert message.pad_variable_length_inputs


def test_numbers_on_the_wire_are_those_of_tensorflow_serving():
    message = protos.BatchingParameters(
        max_batch_size={"value": 5},
        batch_timeout_micros={"value": 6},
        max_enqueued_batches={"value": 7},
        num_batch_threads={"value": 8},
        thread_pool_name={"value": "p"},
        allowed_batch_sizes=[1, 5],
        pad_variable_length_inputs=True,
        enable_large_batch_splitting={"value": True},
        max_execution_batch_size={"value": 9},
    )
    assert message.SerializeToString(deterministic=True) == (
        b"\x0a\x02\x08\x05" b"\x12\x02\x08\x06" b"\x1a\x02\x08\x07" b"\x22\x02\x08\x08"
        b"\x2a\x03\x0a\x01p" b"\x32\x02\x01\x05" b"\x38\x01" b"\x42\x02\x08\x01" b"\x4a\x02\x08\x09"
    )  # fmt: skip


def test_monitoring_tls_and_thread_pool_files_are_read(tmp_path):
    path = tmp_path / "file.pbtxt"
    path.write_text('prometheus_config { enable: true path: "/m" }')
    assert protos.read(path, protos.MonitoringConfig).prometheus_config.path == "/m"
    path.write_text('server_key: "k" server_cert: "c" custom_ca: "a" client_verify: false')
    assert protos.read(path, protos.SSLConfig).server_cert == "c"
    path.write_text("thread_pool_factory_config { }")
    message = protos.read(path, protos.ThreadPoolFactoryConfig)
    assert message.HasField("thread_pool_factory_config")


@pytest.mark.parametrize(
    ("message_class", "name"),
    [
        (protos.BatchingParameters, "tensorflow.serving.BatchingParameters"),
        (protos.MonitoringConfig, "tensorflow.serving.MonitoringConfig"),
        (protos.SSLConfig, "tensorflow.serving.SSLConfig"),
        (protos.ThreadPoolFactoryConfig, "tensorflow.serving.ThreadPoolFactoryConfig"),
    ],
)
def test_full_names_are_those_of_tensorflow_serving(message_class, name):
    assert message_class.DESCRIPTOR.full_name == name


def test_what_is_written_is_read_back(tmp_path):
    message = protos.BatchingParameters(max_batch_size={"value": 5}, allowed_batch_sizes=[2, 5])
    path = tmp_path / "written"
    path.write_text(text_format.MessageToString(message))
    assert protos.read(path, protos.BatchingParameters) == message


def test_messages_of_the_api_package_are_read_too(tmp_path):
    path = tmp_path / "models.config"
    path.write_text('model_config_list { config { name: "m" } }')
    message = protos.read(path, model_server_config_pb2.ModelServerConfig)
    assert message.model_config_list.config[0].name == "m"


def test_an_unknown_field_is_refused_and_its_place_logged(tmp_path, caplog):
    path = tmp_path / "batching.config"
    path.write_text("\n  max_batch: 3")
    with (
        caplog.at_level(logging.ERROR),
        pytest.raises(errors.ServingError, match=f"Invalid protobuf file: '{path}'") as caught,
    ):
        protos.read(path, protos.BatchingParameters)
    assert caught.value.code == "INVALID_ARGUMENT"
    assert caplog.messages == [
        "Error parsing text-format tensorflow.serving.BatchingParameters: 2:3: "
        'Message type "tensorflow.serving.BatchingParameters" has no field named "max_batch".'
    ]


@pytest.mark.parametrize(
    "content", [b"max_batch_size { value: 1", b"max_batch_size: 1", b"\xff\xfe\x00"]
)
def test_a_broken_file_is_refused(tmp_path, content):
    path = tmp_path / "batching.config"
    path.write_bytes(content)
    with pytest.raises(errors.ServingError, match="Invalid protobuf file"):
        protos.read(path, protos.BatchingParameters)


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(errors.ServingError, match=r"none; No such file or directory") as caught:
        protos.read(tmp_path / "none", protos.BatchingParameters)
    assert caught.value.code == "NOT_FOUND"
