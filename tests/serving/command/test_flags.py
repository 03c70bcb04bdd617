"""Tests of serving/command/{flags,flag_table}.py; nothing here imports TensorFlow."""

import re

import pytest

from serving.command import flags
from serving.command.flag_table import FLAGS
from serving.command.flags import Flag

# TensorFlow Serving's flags by type and default; None where the default depends on the machine.
TENSORFLOW_SERVING = {
    "port": ("int32", 8500),
    "grpc_socket_path": ("string", ""),
    "rest_api_port": ("int32", 0),
    "rest_api_num_threads": ("int32", None),
    "rest_api_timeout_in_ms": ("int32", 30000),
    "rest_api_enable_cors_support": ("bool", False),
    "enable_batching": ("bool", False),
    "allow_version_labels_for_unavailable_models": ("bool", False),
    "batching_parameters_file": ("string", ""),
    "enable_per_model_batching_parameters": ("bool", False),
    "model_config_file": ("string", ""),
    "model_config_file_poll_wait_seconds": ("int32", 0),
    "model_name": ("string", "default"),
    "model_base_path": ("string", ""),
    "num_load_threads": ("int32", 0),
    "num_unload_threads": ("int32", 0),
    "max_num_load_retries": ("int32", 5),
    "load_retry_interval_micros": ("int64", 60_000_000),
    "file_system_poll_wait_seconds": ("int32", 1),
    "flush_filesystem_caches": ("bool", True),
    "tensorflow_session_parallelism": ("int64", 0),
    "tensorflow_session_config_file": ("string", ""),
    "tensorflow_intra_op_parallelism": ("int64", 0),
    "tensorflow_inter_op_parallelism": ("int64", 0),
    "use_alts_credentials": ("bool", False),
    "ssl_config_file": ("string", ""),
    "platform_config_file": ("string", ""),
    "per_process_gpu_memory_fraction": ("float", 0.0),
    "saved_model_tags": ("string", "serve"),
    "grpc_channel_arguments": ("string", ""),
    "grpc_max_threads": ("int32", None),
    "enable_model_warmup": ("bool", True),
    "num_request_iterations_for_warmup": ("int32", 0),
    "version": ("bool", False),
    "monitoring_config_file": ("string", ""),
    "remove_unused_fields_from_bundle_metagraph": ("bool", True),
    "prefer_tflite_model": ("bool", False),
    "num_tflite_pools": ("int32", None),
    "num_tflite_interpreters_per_pool": ("int32", 1),
    "enable_signature_method_name_check": ("bool", False),
    "xla_cpu_compilation_enabled": ("bool", False),
    "xla_gpu_compilation_enabled": ("bool", False),
    "enable_profiler": ("bool", None),
    "thread_pool_factory_config_file": ("string", ""),
    "mixed_precision": ("string", ""),
    "skip_initialize_tpu": ("bool", False),
    "enable_grpc_healthcheck_service": ("bool", False),
    "enable_serialization_as_tensor_content": ("bool", False),
}

FEW = (
    Flag("port", "int32", 8500, "Port."),
    Flag("micros", "int64", 60_000_000, "Time."),
    Flag("share", "float", 0.25, "Share."),
    Flag("batch", "bool", False, "Batch."),
    Flag("warm", "bool", True, "Warm.", ignored="it is summer"),
    Flag("name", "string", "default", "Name."),
)


def test_every_flag_of_tensorflow_serving_is_here_with_its_type_and_default():
    ours = {flag.name: flag for flag in FLAGS}
    assert len(ours) == len(FLAGS)
    for name, (type_name, default) in TENSORFLOW_SERVING.items():
        assert ours[name].type == type_name
        assert default is None or ours[name].default == default


def test_own_flags_are_additional_and_none_listens_beyond_this_machine():
    own = {flag.name: flag.default for flag in FLAGS if flag.name not in TENSORFLOW_SERVING}
    assert own["host"] == "127.0.0.1"
    assert own["models_dir"] == own["rest_api_token_file"] == own["rest_ssl_config_file"] == ""


def test_values_have_the_type_of_their_flag():
    parsed = flags.parse(
        FEW, ["--port=-9", "--micros=3000000000", "--share=1e-1", "--batch", "--warm=false"]
    )
    assert parsed.values == {
        "port": -9,
        "micros": 3_000_000_000,
        "share": 0.1,
        "batch": True,
        "warm": False,
        "name": "default",
    }
    assert parsed.given == {"port", "micros", "share", "batch", "warm"}
    assert (parsed.unknown, parsed.problems, parsed.wants_help) == ((), (), False)


def test_a_string_keeps_what_follows_the_first_equals_sign():
    parsed = flags.parse(FEW, ["--name=a=b,c=d", "--batch=true", "--batch=false"])
    assert parsed.values["name"] == "a=b,c=d"
    assert parsed.values["batch"] is False


@pytest.mark.parametrize(
    "argument", ["--prot=1", "-port=1", "port=1", "--port", "--name", "--", "--=", "8500"]
)
def test_an_argument_that_is_no_flag_is_kept_apart(argument):
    parsed = flags.parse(FEW, [argument])
    assert parsed.unknown == (argument,)
    assert not parsed.problems
    assert not parsed.given


def test_what_follows_two_dashes_is_no_flag():
    parsed = flags.parse(FEW, ["--port=1", "--", "--port=2", "--help"])
    assert parsed.values["port"] == 1
    assert parsed.unknown == ("--", "--port=2", "--help")
    assert not parsed.wants_help


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("--port=http", "a whole number"),
        ("--port=", "a whole number"),
        ("--port=1.0", "a whole number"),
        ("--port=1_0", "a whole number"),
        ("--port=2147483648", "at most 32 bits"),
        ("--micros=9223372036854775808", "at most 64 bits"),
        ("--share=half", "a number"),
        ("--batch=1", "true or false"),
        ("--batch=", "true or false"),
    ],
)
def test_a_value_of_the_wrong_type_is_told(argument, expected):
    (problem,) = flags.parse(FEW, [argument]).problems
    name, _, value = argument.removeprefix("--").partition("=")
    assert problem.startswith(f"Couldn't interpret value {value} for flag {name}.")
    assert expected in problem


def test_help_is_asked_for_in_any_place():
    assert flags.parse(FEW, ["--batch", "--help"]).wants_help


def test_usage_has_one_line_per_flag_with_default_type_and_meaning():
    lines = flags.usage("python -m serving", FEW).splitlines()
    assert lines[:2] == ["usage: python -m serving", "Flags:"]
    assert lines[2] == "\t--port=8500                      \tint32\tPort."
    assert [line.split("\t")[1].strip() for line in lines[3:]] == [
        "--micros=60000000",
        "--share=0.250000",
        "--batch=false",
        "--warm=true",
        '--name="default"',
    ]
    assert lines[6].endswith("Warm. (No effect here: it is summer.)")
    every = flags.usage("x", FLAGS)
    assert all(re.search(rf"^\t--{flag.name}=", every, re.MULTILINE) for flag in FLAGS)


def test_a_flag_without_effect_is_told_only_when_it_asks_for_something():
    assert flags.without_effect(FEW, flags.parse(FEW, ["--batch", "--warm"])) == []
    assert flags.without_effect(FEW, flags.parse(FEW, ["--warm=false"])) == [
        "--warm=false has no effect here: it is summer."
    ]
