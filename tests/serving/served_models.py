"""A running server, how clients ask it, and small models for it, quick to write."""

import contextlib
import dataclasses
import json
import pathlib
import time

import grpc
import pytest
import requests
import tensorflow as tf
from tensorflow_serving.apis import model_service_pb2_grpc, predict_pb2, prediction_service_pb2_grpc

from serving.command.server import Server, ServerConfig
from serving.repository.repository import RepositoryConfig

v1 = tf.compat.v1
FREE = ServerConfig(
    port=0, rest_api_port=0, drain_seconds=5, repository=RepositoryConfig(poll_seconds=0.02)
)
# Those that JSON has no form for come last.
WITH_JSON = [
    tf.float32, tf.float64, tf.int32, tf.int16, tf.int8, tf.uint8, tf.int64, tf.uint32, tf.uint64,
    tf.bool, tf.string,
]  # fmt: skip
WITHOUT_JSON = [tf.float16, tf.bfloat16, tf.uint16, tf.complex64]
PREDICT = "tensorflow/serving/predict"


class Served:
    """A running server as its clients see it."""

    def __init__(self, server):
        self.server = server
        self.rest_port = server.rest_port
        self.session = requests.Session()
        self.channel = grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}")
        self.prediction = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)

    def url(self, path):
        return f"http://127.0.0.1:{self.rest_port}{path}"

    def post(self, path, body):
        """Status and parsed answer; a body that is neither bytes nor text is sent as JSON."""
        if not isinstance(body, bytes | str):
            body = json.dumps(body)
        data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        response = self.session.post(self.url(path), data=data, timeout=60)
        return response.status_code, response.json()

    def get(self, path):
        response = self.session.get(self.url(path), timeout=60)
        return response.status_code, response.json()

    def states(self, model):
        """States of the versions by number, in the order of the answer; none if it is unknown."""
        status, answer = self.get(f"/v1/models/{model}")
        if status == 404:
            return {}
        return {int(v["version"]): v["state"] for v in answer["model_version_status"]}

    def wait_for(self, model, states):
        wait_until(lambda: self.states(model) == states, lambda: self.states(model))

    def close(self):
        self.session.close()
        self.channel.close()
        self.server.stop()


@contextlib.contextmanager
def serve(sources, **changes):
    """Run a server on free ports for as long as it takes."""
    server = Server(sources, dataclasses.replace(FREE, **changes))
    server.start()
    served = Served(server)
    try:
        yield served
    finally:
        served.close()


def wait_until(condition, explain=lambda: "", seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.01)


def request_for(model, signature="", **inputs):
    """A `PredictRequest`; a value that is no `TensorProto` becomes one."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    for alias, value in inputs.items():
        is_proto = hasattr(value, "SerializeToString")
        request.inputs[alias].CopyFrom(value if is_proto else tf.make_tensor_proto(value))
    return request


def refusal(call, request, timeout=20):
    """Code and text with which a remote procedure ends."""
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=timeout)
    return caught.value.code().name, caught.value.details()


def export_number(base_path: pathlib.Path, number: int, num_floats: int = 1) -> pathlib.Path:
    """Write the version `number` of a model that answers its number, complete from the start.

    Signature `serving_default`: `x` of any length, to `y`, as long, and `number`, as long.
    """

    def build():
        x = v1.placeholder(tf.float32, [None], "x")
        values = v1.get_variable("values", initializer=tf.fill([num_floats], float(number)))
        y = tf.zeros_like(x) + values[0]
        return {"serving_default": signature({"x": x}, {"y": y, "number": tf.identity(y)})}

    unfinished = base_path.parent / f"unfinished_{base_path.name}_{number}"
    write(unfinished, build)
    base_path.mkdir(parents=True, exist_ok=True)
    return unfinished.rename(base_path / str(number))


def export_broken(base_path: pathlib.Path, number: int) -> pathlib.Path:
    """Write a version that does not load."""
    folder = base_path / str(number)
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"broken")
    return folder


def export_tensors(path: pathlib.Path) -> pathlib.Path:
    """Write a model with a signature for every kind of tensor, each named by its type, and others.

    `serving_default` passes on `x`, float of any shape. `pair` adds `b` to `a`, `defaults` does so
    with a `b` of 10 where it is left out, `scalar`, `uneven` and `to_half` have outputs that JSON
    does not take, `from_none` has no inputs, `strings` has an output that is written as base64,
    `size` tells how many rows ran together, and `busy` counts to its largest row before it answers.
    """
    write(path, _tensors)
    return path


def _tensors():
    x = v1.placeholder(tf.float32, None, "any")
    a, b = (v1.placeholder(tf.float32, None, name) for name in "ab")
    flat = v1.placeholder(tf.float32, [None], "flat")
    text = v1.placeholder(tf.string, None, "text")
    steps = v1.placeholder(tf.int32, [None], "steps")
    total = a + b
    signatures = {
        "serving_default": signature({"x": x}, {"y": tf.identity(x)}),
        "pair": signature({"a": a, "b": b}, {"sum": total}),
        "two_outputs": signature({"x": x}, {"twice": x * 2, "minus": -x}),
        "defaults": signature({"a": a, "b": b}, {"sum": total}),
        "scalar": signature({"x": flat}, {"total": tf.reduce_sum(flat)}),
        "uneven": signature({"x": flat}, {"all": tf.identity(flat), "first": flat[:1]}),
        "to_half": signature({"x": flat}, {"y": tf.cast(flat, tf.float16)}),
        "size": signature({"x": flat}, {"size": tf.ones_like(flat, tf.int32) * tf.size(flat)}),
        "busy": signature({"steps": steps}, {"steps": _count_to(steps)}),
        "from_none": signature({}, {"y": tf.constant([1.0])}),
        "strings": signature(
            {"text": text}, {"text": tf.identity(text), "raw_bytes": tf.identity(text)}
        ),
    }
    signatures["defaults"].defaults["b"].CopyFrom(tf.make_tensor_proto(10.0))
    for dtype in WITH_JSON + WITHOUT_JSON:
        typed = v1.placeholder(dtype, None, f"as_{dtype.name}")
        signatures[dtype.name] = signature({"x": typed}, {"y": tf.identity(typed)})
    return signatures


def _count_to(steps):
    largest = tf.reduce_max(steps)
    counted = tf.while_loop(lambda i: i < largest, lambda i: [i + 1], [tf.constant(0)])[0]
    return steps + 0 * counted


def write(path, build):
    """Write the SavedModel of the graph and the signatures, by name, that a function builds."""
    builder = v1.saved_model.Builder(str(path))
    with tf.Graph().as_default(), v1.Session() as session:
        signatures = build()
        session.run(v1.global_variables_initializer())
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
    builder.save()


def signature(inputs, outputs, method=PREDICT):
    """The signature of tensors by alias."""

    def info(tensors):
        return {k: v1.saved_model.utils.build_tensor_info(t) for k, t in tensors.items()}

    build = v1.saved_model.signature_def_utils.build_signature_def
    return build(info(inputs), info(outputs), method)
