"""From a table to answered requests: two inputs and a number, several labels in a cell."""

import csv
import dataclasses
import json
import pathlib
import urllib.request

import numpy as np
import pytest

from components import records
from pipeline import artifact_files
from pipeline.commands import bench, bundle, evaluate, predict
from pipeline.paths import Paths
from serving import client
from serving.command import server
from serving.export import description
from serving.load import grid
from tests.end_to_end import parity, running

pytestmark = pytest.mark.tfx

WORDS = ["사과", "pear", "plum", "배", "fig"]
YAML = """\
name: {name}
task: {task}
data: {{source: {{kind: csv, path: {name}.csv}}, split: {{train: 3, eval: 1}}}}
model: {{kind: bag_of_words, vocabulary_size: 40, sequence_length: 6}}
training: {{epochs: 2, batch_size: 7, learning_rate: 1.0e-2}}
augmentation:
  - kind: eda
    columns: [{column}]
    synonyms: []
    synonym_replacement: {{n_aug: 0}}
    random_insertion: {{n_aug: 0}}
    random_swap: {{n_aug: 1}}
    random_deletion: {{n_aug: 0}}
batch_answers: {{source: {{kind: csv, path: {name}.new.csv}}, output: {name}.answers.jsonl}}
"""
COLUMNS = {"distance": "right", "fruits": "text"}
"""Those that are augmented."""
TASKS = {
    "distance": "{kind: text_pair_regression, first: left, second: right, target: apart}",
    "fruits": '{kind: text_multi_label, labels: named, separator: "|"}',
}


def distances():
    """Of two words in the list, in hundreds."""
    yield "left,right,apart"
    for i in range(40):
        first, second = i % 5, i // 5 % 5
        yield f"{WORDS[first]} {i},a {WORDS[second]},{100 * abs(first - second)}"


def fruits():
    """None, one or two in a row."""
    yield "text,named"
    for i in range(40):
        named = [WORDS[(i * step) % 5] for step in (1, 2)[: i % 3]]
        yield f"{i} {' and '.join(named)},{'|'.join(named)}"


QUESTIONS = {
    "distance": "id,left,right\n1,사과 1,a fig\n2,,a fig\n3,pear 4,a plum\n",
    "fruits": "id,text\n1,사과 and fig\n2, \n3,plum\n",
}
"""Rows without a target; the second one cannot be asked about."""
ROWS = {"distance": distances, "fruits": fruits}


@dataclasses.dataclass(frozen=True)
class Ran:
    """A run of one task."""

    workspace: pathlib.Path
    finished: running.Finished

    @property
    def name(self):
        return self.finished.summary["name"]


@pytest.fixture(scope="module", params=sorted(TASKS))
def ran(request, tmp_path_factory):
    folder, name = tmp_path_factory.mktemp("tasks"), request.param
    (folder / f"{name}.csv").write_text("\n".join(ROWS[name]()), encoding="utf-8")
    (folder / f"{name}.new.csv").write_text(QUESTIONS[name], encoding="utf-8")
    path = folder / f"{name}.yaml"
    path.write_text(
        YAML.format(name=name, task=TASKS[name], column=COLUMNS[name]), encoding="utf-8"
    )
    finished = running.run(path, folder / "workspace")
    assert finished.code == 0, finished.shown
    return Ran(folder / "workspace", finished)


@pytest.fixture(scope="module")
def served(ran):
    free = server.ServerConfig(port=0, rest_api_port=0, drain_seconds=5)
    folder = Paths(ran.workspace, "").served_models
    running_server = server.Server(server.Sources(models_dir=folder), free)
    running_server.start()
    yield running_server
    running_server.stop()


def test_export_and_server_give_the_trainers_answers(ran, served):
    parity.assert_export_agrees(ran.finished.summary)
    parity.assert_server_agrees(served, ran.finished.summary)


def test_the_headline_has_an_interval_and_stands_beside_the_simple_model(ran):
    headline = {"distance": "spearman", "fruits": "micro_f1"}[ran.name]
    assert f"95 % interval of the {headline.replace('_', ' ')}" in ran.finished.shown
    assert "TF-IDF" in ran.finished.shown
    assert headline in ran.finished.summary["metrics"]["all"]


def test_copies_of_rows_keep_their_target_and_are_counted_without_a_label(ran):
    found = ran.finished.summary["augmentation"]
    assert found["before"] < found["after"] <= 2 * found["before"]
    assert found["labels"] == {}
    assert "eda.random_swap" in ran.finished.shown


def test_the_export_says_what_it_is_for(ran):
    found = description.read(pathlib.Path(ran.finished.summary["model"]))
    kinds = {"distance": "text_pair_regression", "fruits": "text_multi_label"}
    assert found.kind == kinds[ran.name]
    names = [one.name for one in found.inputs]
    assert names == {"distance": ["first", "second"], "fruits": ["text"]}[ran.name]
    assert all(sorted(example) == sorted(names) for example in found.examples)
    lengths = {one.name: one.length for one in found.outputs if one.length}
    if ran.name == "distance":
        assert (found.labels, lengths) == ({}, {})
    else:
        assert sorted(found.labels["named"]) == sorted(WORDS)
        assert lengths == {"chosen_labels": "chosen_labels_length"}


def test_the_trainer_writes_down_the_facts_that_answers_depend_on(ran):
    folder = pathlib.Path(ran.finished.summary["model_run"])
    facts = json.loads((folder / artifact_files.SUMMARY).read_text("utf-8"))["facts"]
    if ran.name == "distance":
        assert facts["deviations"]["apart"] > 100
    else:
        assert len(facts["thresholds"]["named"]) == len(facts["vocabularies"]["named"]) == 5


def test_a_server_takes_rows_and_columns_of_several_inputs(ran, served):
    inputs = parity.trainers_answers(ran.finished.summary)["serving_default"]["inputs"]
    columns = {name: [value.decode() for value in values] for name, values in inputs.items()}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    of_rows = _post(served, ran.name, {"instances": rows})["predictions"]
    of_columns = _post(served, ran.name, {"inputs": columns})["outputs"]
    if ran.name == "distance":
        np.testing.assert_allclose(of_rows, of_columns, rtol=1e-5)
    else:
        assert [row["labels"] for row in of_rows] == of_columns["labels"]
        assert [row["is_chosen"] for row in of_rows] == of_columns["is_chosen"]


def test_a_client_gets_rows_without_what_fills_them_up(ran, served):
    examples = description.read(pathlib.Path(ran.finished.summary["model"])).examples
    columns = {name: [row[name] for row in examples] for name in examples[0]}
    for address in (f"127.0.0.1:{served.rest_port}", f"grpc://127.0.0.1:{served.grpc_port}"):
        with client.Client(address) as asked:
            answer = asked.predict(ran.name, columns)
        for index, row in enumerate(client.rows(answer)):
            if ran.name == "distance":
                assert row.keys() == {"value"}
            else:
                chosen = row["labels"][row["is_chosen"]].tolist()
                assert row["chosen_labels"].tolist() == chosen
                assert answer["chosen_labels"][index].tolist()[: len(chosen)] == chosen


@pytest.mark.parametrize("ran", ["fruits"], indirect=True)
def test_the_servers_speed_is_measured_and_every_answer_right(ran):
    load = grid.Grid((1, 3), seconds=0.3, warmup_seconds=0.0)
    outcome = bench.bench(ran.name, ran.workspace, [], load, 4, lambda _: None)
    assert {row.protocol for row in outcome.rows} == {"grpc", "rest"}
    for row in outcome.rows:
        assert row.result.is_clean, (row.result.error_text, row.result.wrong_text)


def test_new_rows_are_judged_as_the_evaluator_judges(ran, tmp_path):
    summary = ran.finished.summary
    uri = next(one for one in summary["stages"] if one["stage"] == "Ingest")["outputs"]["examples"]
    names = {"distance": ["left", "right", "apart"], "fruits": ["text", "named"]}[ran.name]
    with open(tmp_path / "new.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row in records.values(uri, "eval", names):
            writer.writerow("|".join(map(_word, row[name])) for name in names)
    evaluate.evaluate(ran.name, tmp_path / "new.csv", [], tmp_path / "out", ran.workspace)
    found = json.loads((tmp_path / "out" / "evaluation.json").read_text("utf-8"))
    whole = summary["metrics"]["all"]
    assert found["metrics"]["all"] == pytest.approx(
        {name: whole[name] for name in found["metrics"]["all"]}
    )
    assert found["interval"] == pytest.approx(summary["interval"])
    simple, before = found["baseline"], summary["baseline"]
    assert simple["simple"] == pytest.approx(before["simple"])
    assert (tmp_path / "out" / "evaluation.html").is_file()


def _word(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def test_further_rows_are_answered_by_the_pushed_model(ran):
    folder, stage = ran.workspace.parent, "BatchAnswers"
    assert ran.finished.reasons[stage] == "first run; 2 rows answered, 1 left out"
    lines = (folder / f"{ran.name}.answers.jsonl").read_text("utf-8").splitlines()
    answers = [json.loads(line) for line in lines]
    assert [row["id"] for row in answers] == ["1", "3"]
    asked = {"distance": ["사과 1", "a fig"], "fruits": ["사과 and fig"]}[ran.name]
    alone = json.loads(predict.predict(ran.name, asked, None, ran.workspace, as_json=True))
    found = {name: answers[0][f"predicted_{name}"] for name in alone}
    assert _rounded(found) == pytest.approx(_rounded(alone), rel=1e-4)
    assert "is empty" in (folder / f"{ran.name}.answers.jsonl.left_out.csv").read_text("utf-8")


def _rounded(answer):
    """What is answered, flat."""
    numbers = answer.get("probabilities", {"value": answer.get("value")})
    return {**numbers, **{name: 1 for name in answer.get("labels", ())}}


def test_a_bundle_holds_requests_that_the_server_answers(ran, served, tmp_path):
    options = bundle.BundleOptions(
        names=(ran.name,),
        output=tmp_path / "out",
        serving_version=None,
        dtypes=("bfloat16",),
        max_batch_size=2,
        callers=2,
        seconds=0.05,
        force=False,
    )
    bundle.bundle(options, ran.workspace)
    bodies = [
        json.loads((tmp_path / "out" / f"requests/{ran.name}.{form}.json").read_bytes())
        for form in ("rows", "columns")
    ]
    by_row, by_column = (_post(served, ran.name, body) for body in bodies)
    assert len(by_row["predictions"]) == 2
    if ran.name == "fruits":
        chosen = [row["chosen_labels"] for row in by_row["predictions"]]
        assert chosen == by_column["outputs"]["chosen_labels"]


def test_a_person_asks_the_server_and_the_disk_and_gets_the_same(ran, served):
    asked = {"distance": ["사과", "a fig"], "fruits": ["사과 and fig"]}[ran.name]
    addresses = (f"127.0.0.1:{served.rest_port}", None)
    answers = [
        json.loads(predict.predict(ran.name, asked, one, ran.workspace, as_json=True))
        for one in addresses
    ]
    if ran.name == "distance":
        assert answers[0]["value"] == pytest.approx(answers[1]["value"], rel=1e-5)
    else:
        assert answers[0]["labels"] == answers[1]["labels"]
        assert answers[0]["probabilities"].keys() == set(WORDS)


def _post(running_server, name, body):
    address = f"http://127.0.0.1:{running_server.rest_port}/v1/models/{name}:predict"
    with urllib.request.urlopen(address, json.dumps(body).encode(), timeout=30) as answer:
        return json.load(answer)
