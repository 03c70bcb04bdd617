"""From a folder of images to answered requests: one real run of a tiny image pipeline."""

import pathlib

import numpy as np
import pytest
from PIL import Image

from pipeline import paths
from pipeline.commands import predict
from pipeline.display import run_view
from serving import client
from serving.command import server
from tests.end_to_end import parity, running

pytestmark = pytest.mark.tfx

COLORS = {"red": (220, 40, 40), "녹색": (40, 200, 60), "blue": (30, 60, 210)}
IMAGES_OF = {"red": 20, "녹색": 14, "blue": 8}
YAML = """\
name: colors
task: {kind: image_classification}
data: {source: {kind: image_folder, path: images}, split: {train: 3, eval: 1, stratify: true}}
model: {kind: resnet, blocks: [1, 1], width: 4, stem: small, image_size: 10}
training: {epochs: 2, batch_size: 8, learning_rate: 1.0e-2}
"""


def write_images(folder):
    """Noisy squares of unequal size, PNG and JPEG in turn."""
    rng = np.random.default_rng(0)
    for label, count in IMAGES_OF.items():
        (folder / label).mkdir(parents=True)
        for index in range(count):
            height, width = rng.integers(6, 15, 2)
            noise = rng.integers(-30, 30, (height, width, 3))
            pixels = np.clip(np.array(COLORS[label]) + noise, 0, 255).astype(np.uint8)
            suffix = ("png", "jpg")[index % 2]
            Image.fromarray(pixels).save(folder / label / f"{index}.{suffix}")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image")
    write_images(folder / "images")
    (folder / "colors.yaml").write_text(YAML)
    return folder


@pytest.fixture(scope="module")
def finished(project):
    return running.run(project / "colors.yaml", project / "workspace")


@pytest.fixture(scope="module")
def served(project, finished):
    free = server.ServerConfig(port=0, rest_api_port=0, drain_seconds=5)
    folder = paths.Paths(project / "workspace", "").served_models
    running_server = server.Server(server.Sources(models_dir=folder), free)
    running_server.start()
    yield running_server
    running_server.stop()


def test_images_go_through_every_stage_and_are_pushed(finished):
    assert finished.code == 0, finished.shown
    always = [name for name in run_view.STAGES if name not in run_view.OPTIONAL]
    assert list(finished.outcomes) == always
    assert set(finished.outcomes.values()) == {"ran"}
    rows = finished.summary["rows"]
    assert {label: rows["train"][label] + rows["eval"][label] for label in IMAGES_OF} == IMAGES_OF
    assert finished.summary["baseline"]["simple"] == 1.0  # Colours are easy for centroids.


def test_the_export_gives_the_trainers_answers(finished):
    parity.assert_export_agrees(finished.summary)


def test_the_server_gives_the_trainers_answers_over_rest_and_grpc(finished, served):
    parity.assert_server_agrees(served, finished.summary)


def test_a_file_is_answered_with_every_label_and_its_probability(project, finished, served):
    address = f"127.0.0.1:{served.rest_port}"
    image = project / "images" / "녹색" / "1.jpg"
    answer = predict.predict("colors", [str(image)], address, project, as_json=False)
    assert {line.split()[0] for line in answer.splitlines()} == set(COLORS)
    with client.Client(address) as asked:
        outputs = asked.predict("colors", {"image_bytes": [image.read_bytes()]})
    assert outputs["label"].tolist() == [answer.split()[0]]
    assert sum(outputs["probabilities"][0]) == pytest.approx(1.0, abs=1e-5)


def test_bytes_that_are_no_image_are_refused_not_answered(served):
    address = f"127.0.0.1:{served.rest_port}"
    with client.Client(address) as asked, pytest.raises(client.ClientError) as caught:
        asked.predict("colors", {"image_bytes": [b"no image"]})
    assert caught.value.status == 400


def test_the_canary_measured_the_export(finished):
    assert finished.summary["refusals"] == []
    assert finished.summary["latency_ms"] > 0
    assert pathlib.Path(finished.summary["model"], "saved_model.pb").is_file()
