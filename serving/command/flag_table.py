"""The flags of `python -m serving`: TensorFlow Serving's, then our own.

Source of names, types and defaults: TensorFlow Serving, `model_servers/main.cc`
and `model_servers/server.h`.
"""

import os

from serving.command.flags import Flag

# TensorFlow Serving's 4 per core would leave callers outside who could share a batch: a thread
# here mostly waits for TensorFlow, and one that was never needed is never started.
_THREADS = max(128, 4 * (os.cpu_count() or 1))
_THREADS_HELP = f"; if not set, the larger of 128 and 4 per core, here {_THREADS}"

_NO_TPU = "there is no TPU support"

_PORTS = (
    Flag("port", "int32", 8500, "Port of gRPC; 0 turns it off, which needs --grpc_socket_path."),
    Flag("grpc_socket_path", "string", "", "UNIX socket to answer gRPC on, too."),
    Flag("grpc_max_threads", "int32", _THREADS, f"gRPC requests in progress{_THREADS_HELP}."),
    Flag(
        "grpc_channel_arguments",
        "string",
        "",
        "Arguments of the gRPC server, as in grpc.max_connection_age_ms=2000,name=value.",
    ),
    Flag("ssl_config_file", "string", "", "Text file with an SSLConfig; gRPC then speaks TLS."),
    Flag("use_alts_credentials", "bool", False, "Secure gRPC by Google's ALTS; refused here."),
    Flag(
        "enable_profiler",
        "bool",
        True,
        "Answer TensorFlow's profiler, too; the first request to it opens another port.",
    ),
    Flag("enable_grpc_healthcheck_service", "bool", False, "Answer grpc.health.v1, too."),
    Flag("rest_api_port", "int32", 0, "Port of HTTP; 0 turns it off. Not that of --port."),
    Flag("rest_api_num_threads", "int32", _THREADS, f"REST requests in progress{_THREADS_HELP}."),
    Flag("rest_api_timeout_in_ms", "int32", 30_000, "Longest that a REST request may take."),
    Flag("rest_api_enable_cors_support", "bool", False, "Send CORS headers."),
    Flag("monitoring_config_file", "string", "", "Text file with a MonitoringConfig."),
)

_MODELS = (
    Flag("model_name", "string", "default", "Name of the model in --model_base_path."),
    Flag("model_base_path", "string", "", "Folder of one model's versions."),
    Flag(
        "model_config_file",
        "string",
        "",
        "Text file with a ModelServerConfig; --model_name and --model_base_path then do not count.",
    ),
    Flag(
        "model_config_file_poll_wait_seconds",
        "int32",
        0,
        "Seconds between two looks at --model_config_file; 0 reads it once.",
    ),
    Flag(
        "file_system_poll_wait_seconds",
        "int32",
        1,
        "Seconds between two looks for new versions; 0 looks once, less than 0 never.",
    ),
    Flag(
        "allow_version_labels_for_unavailable_models",
        "bool",
        False,
        "Let a new label point to a version that is not available yet.",
    ),
    Flag("max_num_load_retries", "int32", 5, "Tries after the first to load a version."),
    Flag("load_retry_interval_micros", "int64", 60_000_000, "Microseconds between two tries."),
    Flag("num_load_threads", "int32", 0, "Versions loaded at a time while serving; 0 is one."),
    Flag("num_unload_threads", "int32", 0, "Versions unloaded at a time; 0 is one."),
    Flag("enable_model_warmup", "bool", True, "Replay a version's warm-up requests on loading."),
    Flag(
        "num_request_iterations_for_warmup",
        "int32",
        0,
        "Times each warm-up request is replayed, if greater than 0.",
    ),
    Flag("prefer_tflite_model", "bool", False, "Load model.tflite of a version that has it."),
    Flag(
        "num_tflite_pools",
        "int32",
        0,
        "Requests that a model.tflite works on at a time; 0 is one per core.",
    ),
    Flag("saved_model_tags", "string", "serve", "Tags of the graph to load, by comma."),
    Flag(
        "enable_signature_method_name_check",
        "bool",
        False,
        "Classify and Regress only signatures made for it.",
    ),
    Flag(
        "enable_serialization_as_tensor_content",
        "bool",
        False,
        "Answer Predict over gRPC with packed tensors.",
    ),
)

_BATCHING = (
    Flag("enable_batching", "bool", False, "Run concurrent requests together."),
    Flag("batching_parameters_file", "string", "", "Text file with BatchingParameters."),
    Flag(
        "enable_per_model_batching_parameters",
        "bool",
        False,
        "Read batching_params.pbtxt in each version's folder; of --batching_parameters_file only "
        "the threads then count.",
    ),
)

_TENSORFLOW = (
    Flag(
        "tensorflow_session_parallelism",
        "int64",
        0,
        "Threads within and between operations; 0 lets TensorFlow choose.",
    ),
    Flag("tensorflow_intra_op_parallelism", "int64", 0, "Threads within an operation."),
    Flag("tensorflow_inter_op_parallelism", "int64", 0, "Operations at a time."),
    Flag("tensorflow_session_config_file", "string", "", "Text file with a ConfigProto."),
    Flag(
        "per_process_gpu_memory_fraction",
        "float",
        0.0,
        "Share of a GPU's memory to take, 0 to 1; 0 lets TensorFlow choose.",
    ),
    Flag("mixed_precision", "string", "", "bfloat16: compute in it where that is safe."),
    # XLA cannot be turned off from Python, so a model exported with it works either way.
    Flag("xla_cpu_compilation_enabled", "bool", False, "Allow XLA on CPUs; here always allowed."),
    Flag("xla_gpu_compilation_enabled", "bool", False, "Allow XLA on GPUs; here always allowed."),
)

_WITHOUT_EFFECT = (
    Flag(
        "platform_config_file",
        "string",
        "",
        "Text file with a PlatformConfigMap.",
        ignored="the only platform is tensorflow, set by the other flags",
    ),
    Flag(
        "flush_filesystem_caches",
        "bool",
        True,
        "Free the file cache after loading.",
        ignored="the file cache is left to the operating system",
    ),
    Flag(
        "remove_unused_fields_from_bundle_metagraph",
        "bool",
        True,
        "Forget what only loading needs.",
        ignored="only the signatures are kept in any case",
    ),
    Flag(
        "thread_pool_factory_config_file",
        "string",
        "",
        "Text file with a ThreadPoolFactoryConfig.",
        ignored="TensorFlow's own thread pools are used",
    ),
    Flag(
        "num_tflite_interpreters_per_pool",
        "int32",
        1,
        "Interpreters per pool of TFLite.",
        ignored="--enable_batching joins the rows of several requests",
    ),
    Flag("skip_initialize_tpu", "bool", False, "Leave the TPU alone.", ignored=_NO_TPU),
)

_OWN = (
    Flag("models_dir", "string", "", "Folder of models, <model>/<version>/, served as they come."),
    Flag("host", "string", "127.0.0.1", "Address to listen on; 0.0.0.0 answers other machines."),
    Flag("drain_seconds", "float", 30.0, "Longest wait for running requests after SIGTERM."),
    Flag("max_request_bytes", "int32", 2**31 - 1, "Largest request, unpacked."),
    Flag(
        "max_concurrent_requests",
        "int32",
        0,
        "Requests in progress over both protocols, beyond which they are refused; 0: any number.",
    ),
    Flag(
        "rest_api_token_file",
        "string",
        "",
        "File with a token; callers of both protocols must send `authorization: Bearer <token>`.",
    ),
    Flag("rest_ssl_config_file", "string", "", "Text file with an SSLConfig; REST is then HTTPS."),
    Flag(
        "enable_playground", "bool", False, "Answer / over HTTP with a page to try the models on."
    ),
    Flag(
        "enable_openai",
        "bool",
        True,
        "Answer OpenAI's /v1/completions and /v1/embeddings over HTTP, too.",
    ),
    Flag("access_log", "string", "", "File for one JSON line per request; - is stdout."),
)

FLAGS: tuple[Flag, ...] = (
    *_PORTS,
    *_MODELS,
    *_BATCHING,
    *_TENSORFLOW,
    *_WITHOUT_EFFECT,
    Flag("version", "bool", False, "Print the versions and exit."),
    *_OWN,
)
"""Every flag, in the order of the usage."""
