"""Tests of serving/command/start.py: from flags to a server's config."""

import logging
import signal
import sys

import pytest

from serving import __main__ as command
from serving import errors
from serving.command import flags, start
from serving.command.flag_table import FLAGS
from serving.repository.model_config import Latest


def read(*arguments):
    return start.read(flags.parse(FLAGS, arguments).values)


def test_the_defaults_are_tensorflow_servings():
    sources, config = read("--model_base_path=/models/half")
    (model,) = sources.models
    assert (model.name, str(model.base_path), model.policy) == (
        "default",
        "/models/half",
        Latest(1),
    )
    assert (config.port, config.rest_api_port, config.host) == (8500, None, "127.0.0.1")
    assert config.batching is None
    assert config.loading.session.tags == ("serve",)
    assert config.repository.load_retry_seconds == 60


def test_every_flag_finds_its_place():
    sources, config = read(
        "--model_name=m",
        "--model_base_path=/m",
        "--port=1",
        "--rest_api_port=2",
        "--host=0.0.0.0",
        "--rest_api_timeout_in_ms=250",
        "--drain_seconds=7.5",
        "--file_system_poll_wait_seconds=3",
        "--max_num_load_retries=4",
        "--load_retry_interval_micros=500",
        "--num_load_threads=5",
        "--num_unload_threads=6",
        "--allow_version_labels_for_unavailable_models",
        "--enable_model_warmup=false",
        "--num_request_iterations_for_warmup=9",
        "--saved_model_tags=serve,gpu",
        "--tensorflow_intra_op_parallelism=2",
        "--tensorflow_session_parallelism=3",
        "--per_process_gpu_memory_fraction=0.5",
        "--mixed_precision=bfloat16",
        "--enable_serialization_as_tensor_content",
        "--enable_signature_method_name_check",
    )
    assert [model.name for model in sources.models] == ["m"]
    assert (config.port, config.rest_api_port, config.host) == (1, 2, "0.0.0.0")
    assert (config.rest.timeout, config.drain_seconds) == (0.25, 7.5)
    repository = config.repository
    assert (repository.poll_seconds, repository.max_load_retries) == (3, 4)
    assert (repository.load_retry_seconds, repository.allow_labels_for_unavailable) == (5e-4, True)
    assert (repository.num_load_threads, repository.num_unload_threads) == (5, 6)
    assert (config.loading.warm_up, config.loading.warm_up_iterations) == (False, 9)
    session = config.loading.session
    assert session.tags == ("serve", "gpu")
    assert session.config.intra_op_parallelism_threads == 2
    assert session.config.inter_op_parallelism_threads == 0
    assert session.config.gpu_options.per_process_gpu_memory_fraction == 0.5
    assert session.config.graph_options.rewrite_options.auto_mixed_precision_onednn_bfloat16 == 1
    assert (config.answering.tensor_content, config.answering.check_method_names) == (True, True)


def test_the_session_config_is_read_and_flags_go_before_it(tmp_path):
    file = tmp_path / "session.pbtxt"
    file.write_text("intra_op_parallelism_threads: 5 allow_soft_placement: true")
    flag = f"--tensorflow_session_config_file={file}"
    _, config = read("--model_base_path=/m", flag)
    assert config.loading.session.config.intra_op_parallelism_threads == 5
    assert config.loading.session.config.allow_soft_placement
    _, config = read("--model_base_path=/m", flag, "--tensorflow_session_parallelism=2")
    assert config.loading.session.config.intra_op_parallelism_threads == 2
    assert config.loading.session.config.inter_op_parallelism_threads == 2


def test_batching_has_the_defaults_or_what_the_file_says(tmp_path):
    _, config = read("--model_base_path=/m", "--enable_batching")
    assert config.batching.max_batch_size == 1000
    file = tmp_path / "batching.config"
    file.write_text("max_batch_size { value: 32 }\nallowed_batch_sizes: [4, 32]\n")
    _, config = read(
        "--model_base_path=/m", "--enable_batching=true", f"--batching_parameters_file={file}"
    )
    assert config.batching.max_batch_size == 32
    assert config.batching.allowed_batch_sizes == (4, 32)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            [],
            "Both server_options.model_base_path and server_options.model_config_file are empty!",
        ),
        (
            ["--model_base_path=/m", "--port=0"],
            "At least one of server_options.grpc_port or server_options.grpc_socket_path must be "
            "set.",
        ),
        (
            ["--model_base_path=/m", "--use_alts_credentials", "--ssl_config_file=tls.pbtxt"],
            "Either use_alts_credentials must be false or ssl_config_file must be empty.",
        ),
        (
            ["--model_base_path=/m", "--batching_parameters_file=b.pbtxt"],
            "server_options.batching_parameters_file is set without setting "
            "server_options.enable_batching to true.",
        ),
        (
            [
                "--model_base_path=/m",
                "--tensorflow_session_parallelism=1",
                "--tensorflow_intra_op_parallelism=2",
                "--tensorflow_inter_op_parallelism=3",
            ],
            "Either configure server_options.tensorflow_session_parallelism or "
            "(server_options.tensorflow_intra_op_parallelism, "
            "server_options.tensorflow_inter_op_parallelism) separately. You cannot configure all.",
        ),
        (
            ["--model_base_path=/m", "--rest_api_port=65536"],
            "--rest_api_port must be 0 to 65535. Received: 65536",
        ),
        (
            ["--model_base_path=/m", "--grpc_max_threads=0"],
            "--grpc_max_threads must be 1 to 2147483647. Received: 0",
        ),
        (
            ["--model_base_path=/m", "--use_alts_credentials"],
            "ALTS works within Google Cloud only, and not with this server. Secure gRPC with "
            "--ssl_config_file.",
        ),
        (
            ["--model_base_path=m"],
            "Expected model default to have an absolute path or URI; got base_path()=m",
        ),
        (
            ["--model_base_path=/m", "--grpc_channel_arguments=grpc.max_connection_age_ms"],
            "--grpc_channel_arguments has 'grpc.max_connection_age_ms'. Expected name=value, "
            "separated by commas.",
        ),
    ],
)
def test_flags_that_contradict_each_other_are_refused(arguments, text):
    with pytest.raises(errors.ServingError) as caught:
        read(*arguments)
    assert (caught.value.code, caught.value.text) == ("INVALID_ARGUMENT", text)


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("batching_parameters_file", "tensorflow.serving.BatchingParameters"),
        ("tensorflow_session_config_file", "tensorflow.ConfigProto"),
        ("monitoring_config_file", "tensorflow.serving.MonitoringConfig"),
        ("ssl_config_file", "tensorflow.serving.SSLConfig"),
        ("rest_ssl_config_file", "tensorflow.serving.SSLConfig"),
    ],
)
def test_a_file_that_is_no_text_proto_is_named(flag, message, tmp_path, caplog):
    file = tmp_path / "bad.pbtxt"
    file.write_text("nonsense {")
    with pytest.raises(errors.ServingError) as caught:
        read("--model_base_path=/m", "--enable_batching", "--rest_api_port=1", f"--{flag}={file}")
    assert str(caught.value) == f"INVALID_ARGUMENT: Invalid protobuf file: '{file}'"
    assert f"Error parsing text-format {message}: 1:" in caplog.text


def test_one_port_for_both_protocols_leaves_rest_out(caplog):
    _, config = read("--model_base_path=/m", "--port=8501", "--rest_api_port=8501")
    assert config.rest_api_port is None
    assert "http_port cannot be same as grpc_port" in caplog.text
    assert "Skipped exporting HTTP/REST API." in caplog.text
    assert caplog.records[-1].levelno == logging.ERROR


def test_the_config_file_goes_before_the_single_model(tmp_path):
    sources, _ = read("--model_base_path=/m", f"--model_config_file={tmp_path}/models.config")
    assert list(sources.models) == []
    assert sources.config_file == tmp_path / "models.config"


def test_channel_arguments_are_numbers_where_they_can_be():
    _, config = read("--model_base_path=/m", "--grpc_channel_arguments=a.b=20,c=d=e,f=-1")
    assert list(config.grpc.channel_arguments) == [("a.b", 20), ("c", "d=e"), ("f", -1)]


def test_no_time_for_rest_is_no_limit_as_in_tensorflow():
    _, config = read("--model_base_path=/m", "--rest_api_timeout_in_ms=0")
    assert config.rest.timeout > 1e6


def test_models_dir_serves_a_folder_of_models():
    sources, _ = read("--models_dir=/models")
    assert (str(sources.models_dir), list(sources.models)) == ("/models", [])


def test_the_metrics_page_has_tensorflow_servings_path_or_the_files(tmp_path):
    file = tmp_path / "monitoring.config"
    paths = {}
    for text in ("", "enable: true", 'enable: true path: "/metrics"'):
        file.write_text(f"prometheus_config {{ {text} }}")
        _, config = read("--model_base_path=/m", f"--monitoring_config_file={file}")
        paths[text] = config.rest.metrics_path
    assert list(paths.values()) == [None, "/monitoring/prometheus/metrics", "/metrics"]


def test_a_page_for_browsers_is_there_on_request_only():
    assert [
        read("--model_base_path=/m", *flags)[1].playground
        for flags in ([], ["--enable_playground"])
    ] == [False, True]


def test_a_token_and_an_access_log_come_from_files(tmp_path):
    token, log = tmp_path / "token", tmp_path / "access.jsonl"
    token.write_text("0123456789abcdef\n")
    _, config = read(
        "--model_base_path=/m",
        f"--rest_api_token_file={token}",
        f"--access_log={log}",
        "--max_concurrent_requests=3",
        "--max_request_bytes=1000",
    )
    assert (config.token, config.max_concurrent_requests) == ("0123456789abcdef", 3)
    assert (config.grpc.max_request_bytes, config.rest.max_request_bytes) == (1000, 1000)
    assert config.access_log.name == str(log)
    config.access_log.close()
    with pytest.raises(errors.ServingError, match="Cannot write the access log .*: Is a directory"):
        read("--model_base_path=/m", f"--access_log={tmp_path}")


@pytest.fixture
def run(monkeypatch, capsys):
    """The command in this process: its exit code and what it prints."""
    before = signal.getsignal(signal.SIGTERM)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["serving", *arguments])
        return command.main(), capsys.readouterr().out

    yield call
    signal.signal(signal.SIGTERM, before)


def test_flags_that_do_not_fit_end_the_command_with_255(run):
    assert run("--port=8500") == (
        255,
        "Failed to start server. Error: INVALID_ARGUMENT: Both server_options.model_base_path and "
        "server_options.model_config_file are empty!\n",
    )


def test_a_sole_version_that_does_not_load_ends_the_command_with_255(run, tmp_path):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "saved_model.pb").write_bytes(b"broken")
    nowhere = ["--port=0", f"--grpc_socket_path={tmp_path / 'socket'}"]
    code, out = run(
        f"--model_base_path={tmp_path}", "--model_name=m", "--max_num_load_retries=0", *nowhere
    )
    assert code == 255
    assert out.startswith(
        "Failed to start server. Error: UNKNOWN: 1 servable(s) did not become available: "
        "{{{name: m version: 7} due to error: "
    )


def test_a_label_of_a_version_that_is_not_there_ends_the_command_with_255(run, tmp_path):
    config = tmp_path / "models.config"
    config.write_text(
        'model_config_list { config { name: "m" base_path: "/m" model_platform: "tensorflow" '
        'version_labels { key: "stable" value: 2 } } }'
    )
    code, out = run(f"--model_config_file={config}", "--port=0", "--grpc_socket_path=s")
    assert code == 255
    assert out == (
        "Failed to start server. Error: FAILED_PRECONDITION: Request to assign label to version 2 "
        "of model m, which is not currently available for inference\n"
    )
