"""Tests of pipeline/config/sections.py: what a YAML may say and how it is refused."""

import dataclasses
import pathlib
import subprocess
import sys

import pytest
import yaml

from models.finetuning import config as finetuning_config
from models.tasks import task as tasks
from models.training import optimizer_config, schedule_config
from pipeline.config import loading, sections
from pipeline.config.problems import ConfigError

ROOT = pathlib.Path(__file__).parents[3]
SHIPPED = sorted((ROOT / "configs").glob("*.yaml"))

SMALL = """\
name: reviews
task: {kind: text_classification}
data: {source: {kind: csv, path: reviews.csv}}
model: {kind: text_cnn}
"""


@pytest.fixture
def write(tmp_path):
    def write_text(text, name="reviews.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


def refusal(path, overrides=()):
    with pytest.raises(ConfigError) as caught:
        loading.load(path, overrides)
    return caught.value.problems


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_config_loads_and_is_named_after_its_file(path):
    assert loading.load(path).name == path.stem


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_resolved_yaml_says_the_same_as_the_file(path, write):
    loaded = loading.load(path)
    assert loading.load(write(loading.to_yaml(loaded))) == loaded


def test_there_are_shipped_configs_of_both_modalities():
    kinds = {tasks.reads(loading.load(path).task) for path in SHIPPED}
    assert kinds == {"text", "image"}


def test_what_is_left_out_has_its_default(write):
    loaded = loading.load(write(SMALL))
    assert (loaded.training.batch_size, loaded.tuning, loaded.data.split.eval) == (32, None, 2)
    assert loaded.model.kernel_sizes == (3, 4, 5)
    assert [feature.holds for feature in loaded.features] == ["text", "category"]


def test_slices_are_columns_of_their_own_unless_they_are_the_label(write):
    slices = "evaluation: {slices: [text_length, source, label]}\n"
    loaded = loading.load(write(SMALL + slices))
    extra = [(feature.name, feature.holds) for feature in loaded.features[2:]]
    assert extra == [("text_length", "derived"), ("source", "slice")]


def test_all_problems_are_reported_at_once_with_path_value_and_hint(write):
    path = write(
        """\
name: reviews
task: {kind: text_classification, labl: stars}
data: {source: {kind: csv, path: 3}}
model: {kind: text_cnn, filters: 1e2, kernel_sizes: [3, wide]}
training: {epochs: true, learning_rate: 1e-3}
trainer: {}
"""
    )
    assert refusal(path) == [
        "task.labl: unknown key. Did you mean 'label'?",
        "data.source.path: expected text, received 3. YAML reads the word 3 as a number; write it "
        "in quotes: '3'",
        "model.filters: expected an integer, received '1e2'. YAML reads this as text; write 1.0e+2",
        "model.kernel_sizes[1]: expected an integer, received 'wide'",
        "training.epochs: expected an integer, received True",
        "training.learning_rate: expected a number, received '1e-3'. YAML reads this as text; "
        "write 1.0e-3",
        "trainer: unknown key. Did you mean 'training'?",
    ]


def test_the_message_counts_the_problems_and_names_the_file(write):
    with pytest.raises(ConfigError) as caught:
        loading.load(write("task: {kind: text_classification}", "three.yaml"))
    first, *lines = str(caught.value).splitlines()
    assert first.startswith("3 problems in ")
    assert first.endswith("three.yaml:")
    assert lines == [
        f"  {key}: missing, and it has no default" for key in ("name", "data", "model")
    ]


@pytest.mark.parametrize(
    ("found", "wanted", "message"),
    [
        ("text_classification", "text_clasification", "task: unknown kind 'text_clasification'."),
        ("kind: text_cnn", "kind: text_cn", "model: unknown kind 'text_cn'. Did you mean 'text_"),
        ("kind: csv", "kind: cvs", "data.source: unknown kind 'cvs'. Did you mean 'csv'?"),
        ("kind: csv, ", "", "data.source: needs the key 'kind'"),
        ("reviews.csv}", "a, delimiter: '::'}", "data.source.delimiter: must be one character"),
        ("name: reviews", "name: My Reviews", "name: becomes a folder and a URL"),
        ("name: reviews", "name: 7", "name: expected text, received 7"),
        ("{kind: text_cnn}", "{kind: text_cnn, recipe: {dropout: .nan}}", "received nan"),
        ("{kind: text_cnn}", "text_cnn", "model: expected a mapping, received 'text_cnn'"),
    ],
)
def test_a_wrong_value_is_refused_in_terms_of_the_yaml(write, found, wanted, message):
    assert found in SMALL
    (problem,) = refusal(write(SMALL.replace(found, wanted)))
    assert message in problem


@pytest.mark.parametrize(
    ("model", "field"),
    [
        ("text_cnn, recipe: {initializer_std: 0.1}", "initializer_std"),
        ("text_cnn, recipe: {elu_alpha: 0.5, activation: relu}", "elu_alpha"),
    ],
)
def test_a_recipe_with_a_field_that_nothing_reads_is_refused(write, model, field):
    (problem,) = refusal(write(SMALL.replace("text_cnn", model)))
    assert problem.startswith(f"model.recipe.{field}: is read with")


def test_a_recipe_is_checked_with_what_the_models_paper_chose(write):
    text = SMALL.replace("text_classification", "image_classification")
    alexnet = text.replace("text_cnn", "alexnet, recipe: {initializer_std: 0.1}")
    assert loading.load(write(alexnet)).model.recipe.initializer_std == 0.1


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        (
            "training: {optimizer: adamm}",
            "training.optimizer: Unknown optimizer 'adamm'. Did you mean 'adam'? Known: adafactor, "
            "adam, adamw, lamb, lion, rmsprop, sgd",
        ),
        (
            "training: {schedule: {kind: cosin}}",
            "training.schedule: unknown kind 'cosin'. Did you mean 'cosine'?",
        ),
        (
            "evaluation: {must_reach: {acuracy: 0.5}}",
            "evaluation.must_reach.acuracy: unknown metric 'acuracy'. Did you mean 'accuracy'?",
        ),
        ("runtime: 3", "runtime: expected a mapping, received 3"),
    ],
)
def test_a_wrong_section_is_refused(write, section, problem):
    assert refusal(write(SMALL + section)) == [problem]


def test_impossible_trials_are_found_before_any_training(write):
    tuning = """\
tuning:
  space:
    model.filterz: {values: [3]}
    training.precision: {values: [float32, float8]}
    model.recipe.dropout: {linear: [0.1, 1.5]}
    training.learning_rate: {log: [1.0e-4, 1.0e-2]}
"""
    assert refusal(write(SMALL + tuning)) == [
        "tuning.space.model.filterz: unknown key. Did you mean 'filters'?",
        "tuning.space.training.precision: expected 'float32', 'mixed_bfloat16' or "
        "'mixed_float16', received 'float8'. Did you mean 'float32'?",
        "tuning.space.model.recipe.dropout: must be at least 0 and below 1. Received: 1.5",
    ]


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ("data.split.eval: {values: [1]}", "fields of `model` and `training`"),
        ("model.filters: {linear: [9, 3]}", "needs low < high. Received: [9, 3]"),
        ("model.filters: {values: [3], linear: [1, 2]}", "needs exactly one of `values"),
        ("", "must be given, and not empty. Received: {}. Name at least one field"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(write, space, message):
    (problem,) = refusal(write(SMALL + f"tuning: {{space: {{{space}}}}}"))
    assert problem.startswith("tuning")
    assert message in problem


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    path = tmp_path / "reviews.yaml"
    path.write_text(SMALL, encoding="utf-8-sig")
    assert loading.load(path).name == "reviews"


def test_a_missing_file_is_refused_with_the_closest_name(write, tmp_path):
    write(SMALL, "reviews.yaml")
    (problem,) = refusal(tmp_path / "review.yaml")
    assert problem == f"there is no such file. Did you mean '{tmp_path / 'reviews.yaml'}'?"
    assert refusal(tmp_path / "no" / "a.yaml") == ["there is no such file."]
    assert refusal(tmp_path) == ["this is a folder, not a YAML file"]


def test_set_replaces_adds_and_removes_fields(write):
    overrides = [
        "training.epochs=1",
        "training.schedule.kind=cosine",
        "model.kernel_sizes=[2, 3]",
        "data.source.path=한글 = 파일.csv",
        "evaluation.must_reach={accuracy: 0.5}",
        "tuning=null",
    ]
    loaded = loading.load(write(SMALL + "training: 5\n"), overrides)
    assert (loaded.training.epochs, loaded.training.schedule.kind) == (1, "cosine")
    assert loaded.model.kernel_sizes == (2, 3)
    assert loaded.data.source.path == "한글 = 파일.csv"
    assert loaded.evaluation.must_reach == {"accuracy": 0.5}
    assert loaded.tuning is None


PRETRAINED = SMALL.replace("text_cnn", "pretrained_text, fine_tuning: lora")


@pytest.mark.parametrize(
    ("text", "override", "section", "field", "expected"),
    [
        (
            SMALL + "training: {optimizer: adamw}",
            "training.optimizer.weight_decay=0.1",
            "training",
            "optimizer",
            optimizer_config.AdamW(weight_decay=0.1),
        ),
        (
            SMALL + "training: {schedule: cosine}",
            "training.schedule.warmup=0.1",
            "training",
            "schedule",
            schedule_config.Cosine(warmup=0.1),
        ),
        (
            PRETRAINED,
            "model.fine_tuning.rank=4",
            "model",
            "fine_tuning",
            finetuning_config.LoRA(rank=4),
        ),
        (
            SMALL,
            "training.optimizer.beta_1=0.8",
            "training",
            "optimizer",
            optimizer_config.Adam(beta_1=0.8),
        ),
        (
            SMALL.replace("text_cnn", "hub_text, handle: https://a/b"),
            "model.fine_tuning.layer_decay=0.5",
            "model",
            "fine_tuning",
            finetuning_config.Full(layer_decay=0.5),
        ),
    ],
)
def test_a_field_of_a_choice_is_set_whether_a_name_or_nothing_is_written(
    write, text, override, section, field, expected
):
    loaded = loading.load(write(text), [override])
    assert getattr(getattr(loaded, section), field) == expected


def test_a_field_of_a_choice_can_be_searched(write):
    space = """
tuning:
  space:
    training.optimizer.weight_decay: {values: [0.1, 0.2]}
    model.fine_tuning.layer_decay: {values: [0.5, 0.9]}
"""
    text = SMALL.replace("text_cnn", "pretrained_text") + "training: {optimizer: adamw}" + space
    loaded = loading.load(write(text))
    learner = loading.dump_learner(sections.learner(loaded, with_tuning=True))
    values = {"training.optimizer.weight_decay": 0.2, "model.fine_tuning.layer_decay": 0.9}
    trial = loading.load_learner(learner, values)
    assert trial.training.optimizer == optimizer_config.AdamW(weight_decay=0.2)
    assert trial.model.fine_tuning == finetuning_config.Partial(layer_decay=0.9)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.epochs", "'training.epochs' is not of the form dotted.key=value"),
        ("=3", "'=3' is not of the form dotted.key=value"),
        ("model.filters=[", "model.filters: the value is not YAML"),
        ("model.filter=3", "model.filter: unknown key. Did you mean 'filters'?"),
        ("training.optimizer.rho=0.9", "training.optimizer.rho: unknown key. Known: "),
        ("training.epochs=ten", "training.epochs: expected an integer, received 'ten'"),
        ("name=", "name: expected text, received None"),
    ],
)
def test_a_wrong_set_is_refused(write, override, message):
    (problem,) = refusal(write(SMALL), [override])
    assert problem.startswith(message)


def test_the_schema_describes_every_field():
    schema = loading.json_schema()
    described = [*schema["$defs"].values(), schema]
    lacking = [
        f"{part['title']}.{name}"
        for part in described
        for name, field in part["properties"].items()
        # A description equal to the class's own is left to the class.
        if not field.get("description") and "$ref" not in field
    ]
    assert lacking == []
    assert {"CsvSource", "TextCNNConfig", "ResNetConfig", "TuningConfig"} <= set(schema["$defs"])
    assert schema["properties"]["name"]["description"].startswith("Name of the pipeline")


def test_a_learner_survives_json_and_takes_the_values_of_a_trial(write):
    loaded = loading.load(write(SMALL))
    learner = sections.LearnerConfig(loaded.task, loaded.model, loaded.training)
    text = loading.dump_learner(learner)
    assert loading.load_learner(text) == learner
    changed = loading.load_learner(text, {"model.filters": 7, "training.learning_rate": 0.5})
    assert (changed.model.filters, changed.training.learning_rate) == (7, 0.5)
    assert dataclasses.replace(changed, model=learner.model, training=learner.training) == learner
    with pytest.raises(
        ConfigError, match=r"a trial with .*\n.*dropout: must be at least 0 and below 1"
    ):
        loading.load_learner(text, {"model.recipe.dropout": 1.0})


def test_the_resolved_yaml_names_every_field_of_the_chosen_kinds(write):
    resolved = yaml.safe_load(loading.to_yaml(loading.load(write(SMALL))))
    assert list(resolved) == [field.name for field in dataclasses.fields(sections.PipelineConfig)]
    assert resolved["model"]["tokenizer"] == "words"
    assert resolved["data"]["source"]["encoding"] == "utf-8"


def test_loading_a_config_imports_no_heavy_library():
    program = (
        "import sys\n"
        "from pipeline.commands import show as commands\n"
        "assert 'name: digits' in commands.show('configs/digits.yaml', [])\n"
        "assert all(commands.schema(of).startswith('{') for of in ('run', 'prompt'))\n"
        "heavy = ('tensorflow.python', 'keras.src', 'keras_hub.src', 'keras_tuner.src', 'tfx',\n"
        "         'apache_beam', 'tensorflow_transform')\n"
        "assert not [name for name in heavy if name in sys.modules]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
