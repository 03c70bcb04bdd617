"""Tests of serving/client/ against our server: both protocols, blocking and asyncio."""

import asyncio
import concurrent.futures
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest
import tensorflow as tf

from serving.client import AsyncClient, Client, ClientError, rows
from serving.command.server import Server, ServerConfig, Sources
from serving.repository.model_config import ServedModel, Specific
from serving.repository.repository import RepositoryConfig
from tests.serving import client_kinds, exports, version1_exports

NUMBERS = (
    tf.float16, tf.bfloat16, tf.float64, tf.int8, tf.uint8, tf.int16, tf.uint16, tf.int32,
    tf.uint32, tf.uint64, tf.complex64, tf.complex128,
)  # fmt: skip


@pytest.fixture(scope="module")
def server(exported, exported_pairs, tmp_path_factory):
    """Models: `texts` in two versions, `pairs`, `echo`, `old` (classify, regress)."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(exported_pairs, folder / "pairs" / "1")
    shutil.copytree(exported, folder / "texts" / "1")
    exports.export_text_model(folder / "texts" / "2", shift=-3.0)
    exports.export_echo_model(folder / "echo" / "7", *NUMBERS)
    (folder / "old").mkdir()
    version1_exports.export(folder / "old" / "1")
    models = [
        ServedModel("texts", folder / "texts", Specific((1, 2)), {"stable": 1}),
        ServedModel("pairs", folder / "pairs"),
        ServedModel("echo", folder / "echo"),
        ServedModel("old", folder / "old"),
    ]
    repository = RepositoryConfig(poll_seconds=0.05, allow_labels_for_unavailable=True)
    config = ServerConfig(port=0, rest_api_port=0, drain_seconds=5, repository=repository)
    running = Server(Sources(models), config)
    running.start()
    yield running
    running.stop()


def address(server, protocol):
    if protocol == "rest":
        return f"127.0.0.1:{server.rest_port}"
    return f"grpc://127.0.0.1:{server.grpc_port}"


@pytest.fixture(
    params=[(kind, how) for kind in ("rest", "grpc") for how in client_kinds.KINDS],
    ids=lambda param: f"{param[0]}-{param[1].__name__}",
)
def client(server, request):
    protocol, open_client = request.param
    with open_client(address(server, protocol), timeout=20) as opened:
        opened.protocol = protocol
        yield opened


def test_texts_are_answered_with_arrays_by_name(client):
    answer = client.predict("texts", {"text": ["", "긴 문장" * 9]}, version=1)
    assert sorted(answer) == ["label", "probabilities", "probability"]
    assert answer["label"].tolist() == [exports.LABELS[0], exports.LABELS[2]]
    assert answer["probabilities"].shape == (2, 3)
    assert answer["probabilities"].dtype == np.float32
    np.testing.assert_allclose(answer["probability"], answer["probabilities"].max(axis=1))


def test_types_come_from_the_signature(client):
    inputs = {
        "text": ["ünï", 'a\0\n"}'],
        "raw_bytes": np.array([b"\xff\x00\xfe", b"plain"], object),
        "ids": [[1, 2, 3], [4, 5, 2**63 - 1]],
        "score": [1, 0.1],
        "flag": (True, False),
    }
    answer = client.predict("echo", inputs)
    assert {name: array.dtype.str.strip("<|") for name, array in answer.items()} == {
        "text": "O", "raw_bytes": "O", "ids": "i8", "score": "f4", "flag": "b1",
    }  # fmt: skip
    assert answer["text"].tolist() == inputs["text"]
    assert answer["raw_bytes"].tolist() == [b"\xff\x00\xfe", b"plain"]
    assert answer["ids"].tolist() == inputs["ids"]
    assert answer["score"].tolist() == [1, np.float32(0.1)]
    assert answer["flag"].tolist() == [True, False]


@pytest.mark.parametrize("dtype", NUMBERS, ids=lambda dtype: dtype.name)
def test_each_number_type_comes_back_as_it_was_sent(client, dtype):
    values = {"complex": [1 + 2j, -3.5j], "bfloat": [1.5, -3e38], "float": [0.1, -7e4]}
    largest = 255 if dtype.is_unsigned else 127
    sent = values.get(dtype.name.rstrip("0123456789"), [0, largest])
    is_json = dtype in (tf.float64, tf.int8, tf.uint8, tf.int16, tf.int32, tf.uint32, tf.uint64)
    if client.protocol == "rest" and not is_json:
        refusal = "Ask over gRPC" if dtype.is_complex else "to type: "
        with pytest.raises((ClientError, ValueError), match=refusal):
            client.predict("echo", {"x": sent}, dtype.name)
        return
    received = client.predict("echo", {"x": sent}, dtype.name)["x"]
    expected = tf.constant(sent, dtype).numpy()
    np.testing.assert_array_equal(received, expected.astype(received.dtype))
    assert received.dtype == (np.float32 if dtype == tf.bfloat16 else expected.dtype)


def test_what_is_no_finite_number_travels(client):
    sent = np.array([[np.nan, np.inf], [-np.inf, 1e-45], [3.4e38, -0.0]], np.float32)
    received = client.predict("echo", {"x": sent}, "any_shape")["x"]
    np.testing.assert_array_equal(received, sent)
    assert np.signbit(received[2, 1])


@pytest.mark.parametrize("value", [2.5, [[[1.0], [2.0]]]])
def test_any_rank_travels(client, value):
    received = client.predict("echo", {"x": value}, "any_shape")["x"]
    np.testing.assert_array_equal(received, np.array(value, np.float32))
    assert received.shape == np.shape(value)


def test_an_empty_batch_keeps_the_shapes_of_its_outputs(client):
    answer = client.predict("texts", {"text": []})
    shapes = {name: array.shape for name, array in answer.items()}
    assert shapes == {"label": (0,), "probability": (0,), "probabilities": (0, 3)}


def test_bytes_of_a_text_that_is_no_utf8_can_be_had_again(client):
    inputs = {
        "text": [b"a\xff"],
        "raw_bytes": [b""],
        "ids": [[0] * 3],
        "score": [0],
        "flag": [0 > 1],
    }
    text = client.predict("echo", inputs)["text"][0]
    assert text.encode("utf-8", "surrogateescape") == b"a\xff"
    assert client.predict("echo", inputs | {"text": [text]})["text"][0] == text


def test_versions_and_labels_choose_the_model(client):
    def total(**which):
        zeros = np.zeros((1, 2))
        return client.predict("texts", {"a": zeros, "b": zeros}, "add", **which)["sum"].tolist()

    assert total() == total(version=2) == [[-3.0, -3.0]]
    assert total(version=1) == total(label="stable") == [[0.5, 0.5]]
    with pytest.raises(ClientError, match="Unrecognized servable version label: old"):
        total(label="old")
    with pytest.raises(ClientError, match=r"Specific\(texts, 9\)") as caught:
        total(version=9)
    assert caught.value.code == "NOT_FOUND"
    with pytest.raises(ValueError, match="exclude each other. Received: version=1, label='a'"):
        total(version=1, label="a")


def test_outputs_are_chosen_by_name(client):
    answer = client.predict("texts", {"text": ["a"]}, outputs=["probability"])
    assert list(answer) == ["probability"]
    with pytest.raises(ValueError, match="has no output 'lable'. Did you mean 'label'"):
        client.predict("texts", {"text": ["a"]}, outputs=["lable"])


def test_mistakes_are_told_before_anything_is_sent(client):
    with pytest.raises(ValueError, match=r"Signature 'add' of 'texts' has no input 'c'. .*: a, b"):
        client.predict("texts", {"a": [[1, 2]], "c": [[1, 2]]}, "add")
    with pytest.raises(ValueError, match=r"expects a: float \(\?, 2\), .* Missing: b. Received: a"):
        client.predict("texts", {"a": [[1, 2]]}, "add")
    with pytest.raises(ValueError, match=r"'texts' has no signature 'ad'. Did you mean 'add'"):
        client.predict("texts", {}, "ad")


def test_a_refusal_has_the_servers_words_and_the_shapes_that_do_not_fit(client):
    with pytest.raises(ClientError, match=r"(?s)Incompatible shapes.*a: float \(\?, 2\).*\(1, 3\)"):
        client.predict("texts", {"a": [[1, 2, 3]], "b": [[1, 2]]}, "add")


def test_examples_are_classified_and_regressed(client):
    examples = [{"x": 2.0}, {"x": [np.float32(4.0)], "shift": 1.0}]
    classes = client.classify("old", examples, "classify")
    assert [[label for label, _ in row] for row in classes] == [version1_exports.WORDS] * 2
    assert [score for _, score in classes[1]] == pytest.approx([5.0, 10.0, 15.0])
    assert client.regress("old", examples, "regress").tolist() == [3.0, 5.0]
    shared = client.regress("old", [{"x": 2.0}, {"x": 0.0}], "regress", context={"shift": 10.0})
    assert shared.tolist() == [13.0, 12.0]


def test_status_and_signatures_are_told(client):
    states = [(status.version, status.state) for status in client.status("texts")]
    assert states == [(2, "AVAILABLE"), (1, "AVAILABLE")]
    assert [status.version for status in client.status("texts", version=1)] == [1]
    assert client.wait_until_ready("texts") == 2
    signatures = client.signatures("texts", label="stable")
    assert sorted(signatures) == ["add", "embed", "serving_default"]
    assert signatures["add"].expects() == "a: float (?, 2), b: float (?, 2)"
    with pytest.raises(ClientError, match="Could not find any versions of model no") as caught:
        client.status("no")
    assert caught.value.code == "NOT_FOUND"


def test_waiting_for_what_never_comes_says_so(client):
    expected = "no was not ready within 0.1 seconds: Could not find any versions of model no"
    with pytest.raises(ClientError, match=expected):
        client.wait_until_ready("no", timeout=0.1)


def test_ten_megabytes_travel_both_ways(server):
    sent = np.arange(2_600_000, dtype=np.float32).reshape(2, -1)
    with Client(address(server, "grpc")) as client:
        received = client.predict("echo", {"x": sent}, "any_shape")["x"]
    np.testing.assert_array_equal(received, sent)
    received[0, 0] = 5  # What is answered is the caller's to change.


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_requests_can_be_compressed(server, protocol):
    with Client(address(server, protocol), gzip_above=100) as client:
        answer = client.predict("texts", {"text": ["a" * 5000, ""]}, version=1)
    assert answer["label"].tolist() == ["long", exports.LABELS[0]]


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_threads_share_a_client(server, protocol):
    with Client(address(server, protocol)) as client:

        def ask(number):
            row = [[number, number]]
            return client.predict("texts", {"a": row, "b": row}, "add", version=1)["sum"][0, 0]

        with concurrent.futures.ThreadPoolExecutor(64) as threads:
            answers = list(threads.map(ask, range(300)))
    assert answers == [2 * number + 0.5 for number in range(300)]


def test_many_tasks_share_an_asyncio_client(server):
    async def main(protocol):
        async with AsyncClient(address(server, protocol)) as client:
            texts = ["a" * (n % 40) for n in range(100)]
            calls = [client.predict("texts", {"text": [t]}, outputs=["label"]) for t in texts]
            return [answer["label"][0] for answer in await asyncio.gather(*calls)]

    assert asyncio.run(main("rest")) == asyncio.run(main("grpc"))


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_a_model_that_changed_its_signature_is_asked_anew(tmp_path, protocol):
    exports.export_text_model(tmp_path / "m" / "1")
    config = ServerConfig(port=0, rest_api_port=0, repository=RepositoryConfig(poll_seconds=0.02))
    running = Server(Sources(models_dir=tmp_path), config)
    running.start()
    try:
        with Client(address(running, protocol)) as client:
            assert client.predict("m", {"text": [""]})["label"].tolist() == [exports.LABELS[0]]
            exports.export_echo_model(tmp_path / "2").rename(tmp_path / "m" / "2")
            client.wait_until_ready("m", version=2, timeout=20)
            assert client.predict("m", {"x": [3]}, "any_shape")["x"].tolist() == [3]
    finally:
        running.stop()


def test_importing_and_using_it_does_not_import_tensorflow(server):
    script = f"""
import sys
from serving import client
rest = client.Client("{address(server, "rest")}")
rest.predict("texts", {{"text": ["a"]}})
print(sorted({{"tensorflow", "grpc", "asyncio"}} & set(sys.modules)))
grpc = client.Client("{address(server, "grpc")}")
grpc.predict("texts", {{"text": ["a"]}})
print("tensorflow" in sys.modules)
"""
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert output.stdout.splitlines() == ["[]", "False"], output.stderr


def test_a_client_starts_no_thread_over_rest(server):
    before = threading.active_count()
    with Client(address(server, "rest")) as client:
        client.status("texts")
        assert threading.active_count() == before


def test_two_inputs_go_by_name_and_ragged_answers_come_as_rows(client):
    answer = client.predict("pairs", {"second": ["one", "ab"], "first": ["하나 둘", "a"]})
    first, second = rows(answer)
    assert (first["words"].tolist(), second["words"].tolist()) == (["하나", "둘"], ["a"])
    assert (bool(first["is_longer"]), bool(second["is_longer"])) == (True, False)
    assert second["score"] == pytest.approx(0.1)
    assert first.keys() == {"words", "is_longer", "score"}
    with pytest.raises(ValueError, match=r"expects first: string .*second.* Missing: second"):
        client.predict("pairs", {"first": ["a"]})
