"""What people see of every kind of task, in headless Chromium: report and playground.

axe-core (https://github.com/dequelabs/axe-core) looks for what keeps people from reading or using
a page: `npm install --global axe-core`.
"""

import csv
import io
import json
import pathlib
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from tests.serving.playground import browser as chromium

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(chromium.MISSING), reason=chromium.MISSING),
]
WORDS = ["사과", "pear", "plum", "배", "fig"]
LABELS = ["아주 만족스러운 구매였습니다", "bad", "<b>plain</b>"]
TASKS = {
    "bidirectional_language_modeling": "text: text",
    "contrastive_embedding": "first: text, second: other",
    "image_classification": "label: label",
    "image_contrastive_embedding": "image: image",
    "image_multi_label": "labels: labels, separator: '|'",
    "image_regression": "target: number",
    "language_modeling": "text: text",
    "masked_image_modeling": "image: image",
    "masked_language_modeling": "text: text",
    "multiple_choice": "text: text, choices: {one: other, two: word}, label: which",
    "question_answering": "question: other, context: text, answers: word",
    "sequence_to_sequence": "source: text, target: other, n_best: 3",
    "span_corruption": "text: text",
    "text_classification": "label: label",
    "text_multi_label": "labels: labels, separator: '|'",
    "text_pair_classification": "first: text, second: other, label: label",
    "text_pair_regression": "first: text, second: other, target: number",
    "text_regression": "target: number",
    "token_classification": "tags: tags",
}
"""Columns by kind."""
_OF_TOKENS = (
    "{kind: recurrent, tokenizer: wordpiece, vocabulary_size: 200, sequence_length: 12, "
    "embedding_dim: 12, units: 12}"
)
MODELS = {
    "bidirectional": "{kind: elmo, vocabulary_size: 120, sequence_length: 12, units: 6}",
    "contrastive": "{kind: bag_of_words, vocabulary_size: 60, sequence_length: 9}",
    "image": "{kind: resnet, blocks: [1], width: 4, stem: small, image_size: 8}",
    "language_modeling": "{kind: gpt, vocabulary_size: 400, sequence_length: 12, num_layers: 1, "
    "num_heads: 2, hidden_dim: 8}",
    "masked_image_modeling": "{kind: vit, image_size: 8, patch_size: 2, hidden_dim: 8, "
    "num_layers: 1, num_heads: 2, mlp_dim: 8}",
    "masked_language_modeling": "{kind: bert, vocabulary_size: 120, sequence_length: 12, "
    "num_layers: 1, num_heads: 2, hidden_dim: 8}",
    "multiple": "{kind: bag_of_words, vocabulary_size: 60, sequence_length: 9}",
    "question": _OF_TOKENS,
    "sequence": (
        "{kind: seq2seq_transformer, vocabulary_size: 90, sequence_length: 9, target_length: 9, "
        "hidden_dim: 8, num_heads: 2, num_layers: 1, mlp_dim: 8}"
    ),
    "span": "{kind: t5, vocabulary_size: 460, sequence_length: 12, target_length: 9, "
    "hidden_dim: 8, num_heads: 2, num_layers: 1}",
    "text": "{kind: bag_of_words, vocabulary_size: 60, sequence_length: 9}",
    "token": _OF_TOKENS,
}
"""By kind, or the first word of one."""
AUGMENTATIONS = {"image_contrastive_embedding": "augmentation: [{kind: rotation, degrees: 9}]\n"}
"""What kinds need beside a model."""
YAML = """\
name: {kind}
task: {{kind: {kind}, {columns}}}
data: {{source: {{kind: {source}, path: rows.{ending}}}, split: {{train: 3, eval: 1}}}}
model: {model}
training: {{epochs: 8, batch_size: 8, learning_rate: 3.0e-2}}
doctor: {{stop_on: never}}
"""
SIZES = {"desktop": (1280, 900, False), "phone": (390, 844, True)}
"""Width and height in pixels, and whether it is a phone."""
FOUND = """
const done = arguments[0];
axe.run(document).then((all) => done(all.violations), (error) => done([String(error)]));
"""


def rows():
    for number in range(72):
        word, label = WORDS[number % 5], LABELS[number % 3]
        text = f"{number} {label} and {word} " + "long " * (number % 7)
        start = text.index(word)
        yield {
            "image": f"{number}.png",
            "text": text,
            "other": f"a {word}",
            "word": word,
            "label": label,
            "which": ("one", "two")[number % 2],
            "labels": "|".join([word, "all"][: number % 3]),
            "number": number % 3 * 10.5,
            "tags": [{"start": start, "end": start + len(word), "label": "과일"}],
        }


def write_rows(folder):
    """One table for texts, another for images."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows()]
    (folder / "rows.jsonl").write_text("\n".join(lines), "utf-8")
    with open(folder / "rows.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["image", "label", "labels", "number"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows())
    noise = np.random.default_rng(0).integers(0, 60, (72, 9, 14, 3), np.uint8)
    for row, pixels in zip(rows(), noise, strict=True):
        buffer = io.BytesIO()
        Image.fromarray(pixels + np.uint8(6 * row["number"])).save(buffer, "PNG")
        (folder / row["image"]).write_bytes(buffer.getvalue())


@pytest.fixture(scope="module")
def axe():
    npm = shutil.which("npm") or pytest.skip("npm is not installed")
    root = subprocess.run([npm, "root", "--global"], capture_output=True, text=True, check=True)
    file = pathlib.Path(root.stdout.strip(), "axe-core", "axe.min.js")
    if not file.is_file():
        pytest.skip("axe-core is not installed: npm install --global axe-core")
    return file.read_text("utf-8")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium.opened(tmp_path_factory.mktemp("chromium") / "profile") as opened:
        yield opened


@pytest.fixture(scope="module", params=sorted(TASKS))
def ran(request, tmp_path_factory):
    # Here and not above, so that a run without these tests does not wait for it.
    from tests.end_to_end import running

    kind, folder = request.param, tmp_path_factory.mktemp("pages")
    write_rows(folder)
    source, ending = ("image_table", "csv") if "image" in kind else ("jsonl", "jsonl")
    model = MODELS.get(kind) or MODELS[kind.partition("_")[0]]
    config = YAML.format(
        kind=kind, columns=TASKS[kind], source=source, ending=ending, model=model
    ) + AUGMENTATIONS.get(kind, "")
    (folder / "config.yaml").write_text(config, "utf-8")
    finished = running.run(folder / "config.yaml", folder / "workspace")
    assert finished.code == 0, finished.shown
    return finished


@pytest.fixture(scope="module")
def playground(ran):
    from serving.command.server import Sources
    from tests.serving import served_models

    models = pathlib.Path(ran.summary["model"]).parents[1]
    with served_models.serve(Sources(models_dir=models), playground=True) as served:
        yield f"http://127.0.0.1:{served.rest_port}/"


@pytest.fixture(params=sorted(SIZES))
def size(browser, request):
    width, height, is_phone = SIZES[request.param]
    told = {"width": width, "height": height, "mobile": is_phone, "deviceScaleFactor": 1}
    browser.open("about:blank")  # A change of the fragment alone would not load a page.
    browser.tell("Emulation.setDeviceMetricsOverride", **told)
    yield request.param
    browser.tell("Emulation.clearDeviceMetricsOverride")
    browser.tell("Emulation.setEmulatedMedia", features=[])


def faults(browser, axe):
    """What is wrong with a page in either scheme of colours."""
    browser.run(axe)
    found = {}
    for scheme in ("light", "dark"):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        browser.tell("Emulation.setEmulatedMedia", features=[feature])
        found[scheme] = [
            (one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"])
            for one in browser.wait_for_script(FOUND)
            if one["impact"] in ("serious", "critical")
        ]
    return {scheme: violations for scheme, violations in found.items() if violations}


def test_every_kind_is_looked_at():
    from models.tasks import table

    assert TASKS.keys() == table.TASKS.keys()


def test_everybody_can_read_the_report(ran, browser, axe, size):
    browser.open((ran.folder / "report.html").as_uri())
    for title in ("What it is for", "What the doctor found", "Evaluation", "Lineage"):
        assert title in browser.texts("h2")
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    browser.run("for (const one of document.querySelectorAll('details')) one.open = true")
    assert "do not apply" in browser.text("main")
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    assert faults(browser, axe) == {}
    assert browser.errors() == []


def test_everybody_can_ask_in_the_playground(ran, playground, browser, axe, size):
    browser.open(f"{playground}#model={ran.summary['name']}")
    browser.wait_for("#answer", "Ask, or choose an example")
    browser.click("#examples button")
    browser.wait_for("#answer", "Answered in")
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
    assert faults(browser, axe) == {}
    assert browser.errors() == []
