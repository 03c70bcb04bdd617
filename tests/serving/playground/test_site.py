"""Tests of serving/playground/site.py: what the page is, who may have it, and what it is told."""

import contextlib
import json
import pathlib
import re
import typing

import pytest

import serving.playground
from models.tasks import task
from serving import errors
from serving.export import description
from serving.frontend.admission import Admission
from serving.frontend.edge import Edge
from serving.model import Signature, TensorSpec
from serving.playground.site import GrpcPort, Playground
from serving.rest.app import RestConfig, create_app
from serving.telemetry.metrics import Metrics
from tests.serving import asgi

PAGE = pathlib.Path(serving.playground.__file__).with_name("page")
TOKEN = "correct-horse-battery"
TEXT = TensorSpec("string", (-1,))


class Repository:
    """Version 7 of one model, `서울`, with the given inputs, loaded from a folder."""

    def __init__(self, folder, **inputs):
        outputs = {"label": TEXT, "probability": TensorSpec("float", (-1,))}
        self.folder, self.version = folder, 7
        self.signatures = {"serving_default": Signature(inputs, outputs)}

    def lease(self, spec):
        if spec.name != "서울" or spec.version not in (None, 7):
            raise errors.not_found(f"Servable not found for request: {spec.name}")
        return contextlib.nullcontext(self)


@pytest.fixture
def make(tmp_path):
    """Builds applications over one model."""
    made = []

    def make(token=None, grpc=None, inputs=None):
        repository = Repository(tmp_path, **(inputs or {"text": TEXT}))
        metrics = Metrics()
        edge = Edge(repository, metrics, Admission(metrics, token))
        made.append(create_app(edge, RestConfig(num_threads=1), Playground(repository, grpc)))
        return made[-1]

    yield make
    for app in made:
        app.close()


def get(app, path, method="GET", token=None):
    headers = [("authorization", f"Bearer {token}")] if token else []
    return asgi.request(app, method, path, headers=headers)


def about(app, path="/playground/models/%EC%84%9C%EC%9A%B8", **changes):
    return get(app, path, **changes)


def test_the_page_may_load_and_ask_nothing_but_its_own_server(make):
    response = get(make(), "/?from=a+link")
    assert (response.status, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert response.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.body == (PAGE / "index.html").read_bytes()


@pytest.mark.parametrize("name", sorted(path.name for path in PAGE.iterdir()))
def test_every_file_of_the_page_is_served_with_its_type(make, name):
    response = get(make(), "/" if name == "index.html" else f"/playground/{name}")
    assert response.body == (PAGE / name).read_bytes()
    assert response.headers["content-type"] in {
        "text/html; charset=utf-8",
        "text/css; charset=utf-8",
        "text/javascript; charset=utf-8",
        "image/svg+xml",
    }


@pytest.mark.parametrize("name", sorted(path.name for path in PAGE.iterdir()))
def test_no_file_of_the_page_makes_markup_of_text_or_goes_elsewhere(name):
    text = (PAGE / name).read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text)
    assert not re.search(r"<style|<script(?![^>]* src=)| style=| on\w+=", text)
    assert re.findall(r"[a-z]+://[\w.]+", text) == []


def test_a_file_that_is_not_of_the_page_is_not_found(make):
    for path in ("/playground/site.py", "/playground/../site.py", "/index.html", "/playground/"):
        assert get(make(), path).status == 404
    assert get(make(), "/", method="POST").status == 404


def test_a_model_is_described_by_what_travels_with_it(make, tmp_path):
    described = description.Description(
        kind="text_classification",
        inputs=(description.Input("text", "text", "리뷰"),),
        labels={"stars": ("1", "2")},
        shown_as="ranked_labels",
        outputs=(description.Output("label", "string"),),
        examples=({"text": "각 👍"},),
    )
    description.write(tmp_path, described)
    app = make(grpc=GrpcPort(8500, is_encrypted=True))
    expected = {
        "name": "서울",
        "version": "7",
        "kind": "text_classification",
        "inputs": [{"name": "text", "holds": "text", "column": "리뷰", "joiner": None}],
        "outputs": [{"name": "label", "dtype": "string", "length": None}],
        "shown_as": "ranked_labels",
        "examples": [{"text": "각 👍"}],
        "grpc": {"number": 8500, "is_encrypted": True},
    }
    assert about(app).json() == expected
    assert about(app, "/playground/models/%EC%84%9C%EC%9A%B8/versions/7").json() == expected


def test_a_model_of_others_is_described_by_its_signature(make):
    told = about(make(inputs={"second": TEXT, "photo_bytes": TEXT})).json()
    assert (told["kind"], told["shown_as"], told["examples"], told["grpc"]) == (
        None,
        None,
        [],
        None,
    )
    assert told["inputs"] == [
        {"name": "photo_bytes", "holds": "image", "column": "photo_bytes"},
        {"name": "second", "holds": "text", "column": "second"},
    ]


def test_a_description_of_another_release_is_told_with_its_reason(make, tmp_path):
    (tmp_path / "assets.extra").mkdir()
    (tmp_path / description.FILE).write_text('{"kind": "text_classification"}')
    response = about(make())
    assert response.status == 400
    assert "Train the model again with `maru run`" in response.json()["error"]


def test_a_model_that_takes_numbers_is_refused_with_what_it_takes(make):
    response = about(make(inputs={"x": TensorSpec("float"), "text": TEXT}))
    assert response.status == 400
    assert "serving_default of 서울 takes x (float). Ask it over REST" in response.json()["error"]


def test_a_model_or_version_that_is_not_served_is_not_found(make):
    assert about(make(), "/playground/models/busan").status == 404
    assert about(make(), "/playground/models/%EC%84%9C%EC%9A%B8/versions/8").status == 404


def test_a_version_may_be_a_time_in_nanoseconds(make):
    response = about(make(), f"/playground/models/busan/versions/{2**63 - 1}")
    assert "Servable not found for request: busan" in response.json()["error"]


def test_the_page_is_for_all_but_models_are_for_those_with_the_token(make):
    app = make(token=TOKEN)
    assert get(app, "/").status == 200
    assert about(app).status == 401
    assert about(app, token="wrong").status == 401
    assert about(app, token=TOKEN).status == 200


def test_without_the_playground_there_is_no_page(tmp_path):
    metrics = Metrics()
    app = create_app(Edge(Repository(tmp_path), metrics, Admission(metrics)))
    try:
        for path in ("/", "/playground/main.js", "/playground/models/%EC%84%9C%EC%9A%B8"):
            assert get(app, path).status == 404
            assert b"<H1>Not Found</H1>" in get(app, path).body
    finally:
        app.close()


def test_the_page_knows_every_form_of_an_answer():
    text = (PAGE / "answers.js").read_text("utf-8")
    forms = set(re.findall(r"\b(\w+)(?=[:,}\s])", re.search(r"const FORMS = ([^;]*);", text)[1]))
    assert forms >= set(typing.get_args(task.Shown))


def test_the_files_are_part_of_the_installed_package():
    declared = (pathlib.Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8")
    (patterns,) = re.findall(r'^"serving.playground" = (\[.*\])$', declared, re.M)
    found = {path for pattern in json.loads(patterns) for path in PAGE.parent.glob(pattern)}
    assert found == set(PAGE.iterdir())
