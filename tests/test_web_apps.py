"""Tests of docs/web_apps.md: its applications answer, and say whose fault it is if they cannot."""

import contextlib
import json
import pathlib
import re
import shutil
import socket
import types

import pytest

from serving.command.server import Server, ServerConfig, Sources
from serving.repository.model_config import ServedModel
from tests.serving import client_kinds, exports

ROOT = pathlib.Path(__file__).parents[1]
PAGE = (ROOT / "docs/web_apps.md").read_text(encoding="utf-8")
TOKEN = "correct horse"


def application(heading):
    """The module that a section of the page shows."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    (code,) = re.findall(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    module = types.ModuleType(f"{heading.lower()}_of_the_page")
    exec(compile(code, f"docs/web_apps.md, {heading}", "exec"), module.__dict__)
    return module


@contextlib.contextmanager
def flask_posts():
    client = application("Flask").app.test_client()

    def post(body):
        answer = client.post("/reviews", data=body, content_type="application/json")
        return answer.status_code, answer.get_json(), answer.headers

    yield post


@contextlib.contextmanager
def django_posts():
    import django
    from django import conf, test

    if not conf.settings.configured:
        conf.settings.configure(ALLOWED_HOSTS=["testserver"])
        django.setup()

    def post(body):
        answer = client.post("/reviews", data=body, content_type="application/json")
        return answer.status_code, json.loads(answer.content), answer.headers

    with test.override_settings(ROOT_URLCONF=application("Django")):
        client = test.Client()
        yield post


@contextlib.contextmanager
def fastapi_posts():
    from fastapi import testclient

    def post(body):
        answer = client.post("/reviews", content=body, headers={"Content-Type": "application/json"})
        return answer.status_code, answer.json(), answer.headers

    with testclient.TestClient(application("FastAPI").app) as client:
        yield post


@pytest.fixture(params=[flask_posts, django_posts, fastapi_posts], ids=lambda each: each.__name__)
def posting(request, monkeypatch):
    """Asks each application about a body, with the server and the token it should use."""

    @contextlib.contextmanager
    def use(server, token=TOKEN):
        monkeypatch.setenv("MARU_SERVER", server)
        monkeypatch.setenv("MARU_TOKEN", token)
        with request.param() as post:
            yield post

    return use


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "reviews"
    shutil.copytree(exports.export_text_model(tmp_path_factory.mktemp("made") / "1"), folder / "1")
    running = Server(
        Sources([ServedModel("reviews", folder)]),
        ServerConfig(port=0, rest_api_port=0, token=TOKEN),
    )
    running.start()
    yield f"127.0.0.1:{running.rest_port}"
    running.stop()


def test_a_text_is_answered_with_its_label_and_probability(posting, server):
    with posting(server) as post:
        status, found, _ = post('{"text": ""}')
    assert status == 200
    assert found["label"] == exports.LABELS[0] and 0 < found["probability"] <= 1


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"text": 5}', "no JSON"])
def test_a_body_without_a_text_is_refused_and_the_model_not_asked(posting, body):
    with posting("127.0.0.1:1") as post:
        assert post(body)[:2] == (400, {"error": "Send JSON with a `text`."})


def test_a_wrong_token_is_told_to_the_log_and_not_to_the_caller(posting, server, caplog):
    with posting(server, "wrong") as post:
        assert post('{"text": "a"}')[:2] == (502, {"error": "The model cannot be asked."})
    assert "UNAUTHENTICATED" in caplog.text


def test_nobody_answering_is_a_reason_to_come_back(posting):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    with posting(address) as post:
        status, found, headers = post('{"text": "a"}')
    assert (status, found, headers["Retry-After"]) == (503, {"error": "The model is busy."}, "1")


def test_what_the_model_refuses_is_told_to_the_caller(posting):
    metadata = {
        "model_spec": {"name": "reviews", "signature_name": "", "version": "1"},
        "metadata": {
            "signature_def": {
                "signature_def": {
                    "serving_default": {
                        "inputs": {
                            "text": {
                                "dtype": "DT_STRING",
                                "tensor_shape": {
                                    "dim": [{"size": "-1", "name": ""}],
                                    "unknown_rank": False,
                                },
                                "name": "text:0",
                            }
                        },
                        "outputs": {},
                        "method_name": "tensorflow/serving/predict",
                        "defaults": {},
                    }
                }
            }
        },
    }
    refused = {"error": "no such words"}
    with (
        client_kinds.ScriptedServer(
            *[client_kinds.answer(metadata), client_kinds.answer(refused, "400 Bad Request")] * 2
        ) as scripted,
        posting(scripted.address) as post,
    ):
        status, found, _ = post('{"text": "a"}')
    assert status == 400 and "no such words" in found["error"]
