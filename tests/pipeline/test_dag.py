"""Tests of pipeline/dag.py: which stages there are, and what an imported schema needs."""

import pytest

from pipeline import dag, paths
from pipeline.config import loading
from pipeline.display import run_view

pytestmark = pytest.mark.tfx

DATA = {
    "name": "mail",
    "task": {"kind": "text_classification"},
    "data": {"source": {"kind": "csv", "path": "mail.csv"}},
    "model": {"kind": "text_cnn"},
}
AUGMENTED = {"augmentation": ["eda"]}
IMAGES = {
    "task": {"kind": "image_classification"},
    "data": {"source": {"kind": "image_folder", "path": "photos"}},
    "model": {"kind": "resnet", "blocks": [1], "image_size": 8},
    "augmentation": ["flip"],
}
EXAMINED = {"doctor": {"stop_on": "warn"}}
BATCH = {"batch_answers": {"source": {"kind": "csv", "path": "new.csv"}, "output": "out.csv"}}
SEARCH = {"tuning": {"space": {"training.learning_rate": {"values": [0.1, 0.2]}}}}


def build(folder, **sections):
    settings = loading.from_mapping(DATA | sections, source="the test")
    pipeline = dag.build(settings, paths.Paths(folder, "mail"), str(folder))
    return {component.id: component for component in pipeline.components}


def stages(folder, **sections):
    return list(build(folder, **sections))


def read_from(component):
    """Stage and output that a stage gets its examples from."""
    channel = component.inputs["examples"]
    return channel.producer_component_id, channel.output_key


def test_stages_stand_in_the_order_that_is_shown(tmp_path):
    with_all = [
        name
        for name in stages(tmp_path, **SEARCH, **AUGMENTED, **EXAMINED, **BATCH)
        if name != "Champion"
    ]
    assert with_all == list(run_view.STAGES)
    assert not set(run_view.OPTIONAL) & set(stages(tmp_path))


def test_augmented_texts_are_learned_from_and_never_evaluated_on(tmp_path):
    found = build(tmp_path, **SEARCH, **AUGMENTED)
    for name in ("Transform", "Tuner", "Trainer"):
        assert read_from(found[name]) == ("Augment", "augmented")
    for name in ("Augment", "StatisticsGen", "Baseline", "Evaluator"):
        assert read_from(found[name]) == ("Ingest", "examples")


@pytest.mark.parametrize(
    ("copies", "trainer"),
    [
        ({}, ("Ingest", "examples")),
        ({"balance": True}, ("Augment", "augmented")),
        ({"materialize": 2}, ("Augment", "augmented")),
    ],
)
def test_images_are_written_only_where_copies_are_asked_for(tmp_path, copies, trainer):
    found = build(tmp_path, **IMAGES, copies=copies)
    assert read_from(found["Trainer"]) == trainer
    # Of images only labels are learned, and copies bring no new ones.
    assert read_from(found["Transform"]) == ("Ingest", "examples")


def test_another_operation_changes_what_the_stage_is_told_and_nothing_before_it(tmp_path):
    def told(**sections):
        return {name: c.exec_properties for name, c in build(tmp_path, **sections).items()}

    plain, one = told(), told(augmentation=[{"kind": "eda", "random_swap": {"n_aug": 3}}])
    other = told(augmentation=[{"kind": "eda", "random_swap": {"n_aug": 4}}])
    assert {name for name in one if one[name] != other[name]} == {"Augment"}
    assert {name for name in plain if plain[name] != one[name]} == set()


@pytest.mark.parametrize(
    ("model", "place"),
    [
        ({"kind": "hub_text", "handle": "MINE"}, "saved_model.pb"),
        ({"kind": "pretrained_text", "preset": "MINE"}, "model.weights.h5"),
        ({"kind": "text_cnn", "tokenizer": "bpe", "tokenizer_file": "MINE"}, ""),
        ({"kind": "pretrained_image", "weights": "MINE"}, ""),
    ],
)
def test_another_model_file_changes_what_is_told_to_all_that_build_the_model(
    tmp_path, model, place
):
    mine = tmp_path / "mine"
    (mine / place).parent.mkdir(parents=True, exist_ok=True)
    model = {key: str(mine) if value == "MINE" else value for key, value in model.items()}
    sections = {**EXAMINED, **SEARCH, "model": model}
    if model["kind"] == "pretrained_image":
        sections |= {"task": IMAGES["task"], "data": IMAGES["data"]}

    def told(content):
        (mine / place).write_text(content)
        return {n: c.exec_properties for n, c in build(tmp_path, **sections).items()}

    one, other = told("one"), told("another one")
    assert {name for name in one if one[name] != other[name]} == {"Doctor", "Tuner", "Trainer"}


def test_another_file_among_those_that_are_tried_changes_the_search_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    space = {"model.preset": {"values": ["minilm", str(tmp_path / "mine")]}}
    sections = {"model": {"kind": "pretrained_text"}, "tuning": {"space": space}}

    def told(content):
        (tmp_path / "mine" / "config.json").write_text(content)
        return {n: c.exec_properties for n, c in build(tmp_path, **sections).items()}

    one, other = told("{}"), told('{"a": 1}')
    assert {name for name in one if one[name] != other[name]} == {"Tuner"}


def test_a_given_schema_replaces_the_inferred_one(tmp_path):
    (tmp_path / "mail.pbtxt").write_text('feature { name: "text" type: BYTES }')
    found = stages(tmp_path, runtime={"schema": "mail.pbtxt"})
    assert "ImportedSchema" in found
    assert "SchemaGen" not in found


def test_nothing_is_trained_before_the_gate_is_passed(tmp_path):
    found = build(tmp_path, **SEARCH, **EXAMINED)
    for name in ("Tuner", "Trainer"):
        assert "Gate" in {node.id for node in found[name].upstream_nodes}
    assert found["Gate"].exec_properties["stop_on"] == "warn"


def test_a_doctor_that_never_stops_has_no_gate(tmp_path):
    found = build(tmp_path, doctor={"stop_on": "never"})
    assert "Gate" not in found
    assert "Doctor" in {node.id for node in found["Trainer"].upstream_nodes}


def test_a_doctor_changes_nothing_that_other_stages_are_told(tmp_path):
    plain, examined = build(tmp_path), build(tmp_path, **EXAMINED)
    assert set(examined) - set(plain) == {"Doctor", "Gate", "Verdict"}
    for name, component in plain.items():
        assert examined[name].exec_properties == component.exec_properties


def test_further_rows_are_answered_after_the_push_and_change_no_other_stage(tmp_path):
    plain, asked = build(tmp_path), build(tmp_path, **BATCH)
    assert set(asked) - set(plain) == {"BatchAnswers"}
    assert "Pusher" in {node.id for node in asked["BatchAnswers"].upstream_nodes}
    assert "BatchAnswers" in {node.id for node in asked["ErrorAnalysis"].upstream_nodes}
    for name, component in plain.items():
        assert asked[name].exec_properties == component.exec_properties


def test_other_rows_are_answered_anew(tmp_path):
    def told(content):
        (tmp_path / "new.csv").write_text(content)
        return {n: c.exec_properties for n, c in build(tmp_path, **BATCH).items()}

    one, other = told("text\na\n"), told("text\na longer one\n")
    assert {name for name in one if one[name] != other[name]} == {"BatchAnswers"}


def test_an_examination_trains_nothing_and_is_the_run_s_own(tmp_path):
    settings = loading.from_mapping(DATA, source="the test")
    where = paths.Paths(tmp_path, "mail")
    alone = {c.id: c for c in dag.build_examination(settings, where, str(tmp_path)).components}
    assert list(alone)[-1] == "Doctor"
    assert "Trainer" not in alone
    in_run = build(tmp_path, **EXAMINED)["Doctor"]
    assert alone["Doctor"].exec_properties == in_run.exec_properties


def test_copies_are_learned_from_but_not_searched_for_duplicates(tmp_path):
    found = build(tmp_path, **AUGMENTED, **EXAMINED)["Doctor"]
    assert read_from(found) == ("Ingest", "examples")
    assert found.inputs["learned"].producer_component_id == "Augment"
