"""Tests of pipeline/modules/tuner.py: real searches on twenty rows, one per algorithm."""

import dataclasses
import gc
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import types
import weakref

import apache_beam
import keras
import keras_tuner
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from models.tasks import classification
from models.text import text_cnn
from models.training import placement
from models.training.config import TrainingConfig
from models.tuning import results
from models.tuning.config import SearchRange, TuningConfig
from pipeline.config import loading, sections
from pipeline.modules import transform, tuner

pytestmark = pytest.mark.tfx

MODEL = text_cnn.TextCNNConfig(
    vocabulary_size=50, sequence_length=4, embedding_dim=3, filters=2, kernel_sizes=(1,)
)
SPACE = {
    "training.learning_rate": SearchRange(log=(1e-3, 1e-1)),
    "model.filters": SearchRange(values=(2, 5)),
}
STEPPED = SPACE | {"training.learning_rate": SearchRange(log=(1e-3, 1e-1), step=10)}
ROWS = [("좋은 영화" if i % 3 else "dull film", "good" if i % 3 else "bad") for i in range(20)]
BEAM = "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """What TFX would hand over: a transform graph and two splits."""
    folder = tmp_path_factory.mktemp("tuner")
    write_splits(folder)
    write_graph(folder)
    return folder


def write_splits(folder, train=ROWS, evaluation=ROWS[:7]):
    for split, rows in (("train", train), ("eval", evaluation)):
        options = tf.io.TFRecordOptions(compression_type="GZIP")
        with tf.io.TFRecordWriter(str(folder / f"{split}.gz"), options) as writer:
            for text, label in rows:
                example = tf.train.Example()
                example.features.feature["text"].bytes_list.value.append(tf.compat.as_bytes(text))
                example.features.feature["label"].bytes_list.value.append(label.encode())
                writer.write(example.SerializeToString())


TASK = classification.TextClassification("text_classification")


def write_graph(folder, feature="token_ids", train=ROWS):
    spec = {name: tf.io.FixedLenFeature([1], tf.string) for name in ("text", "label")}
    metadata = dataset_metadata.DatasetMetadata(schema_utils.schema_from_feature_spec(spec))
    rows = [
        {"text": [tf.compat.as_bytes(text)], "label": [label.encode()]} for text, label in train
    ]
    custom_config = {
        "feature": feature,
        "columns": json.dumps([dataclasses.asdict(column) for column in TASK.columns]),
        "model": json.dumps({"vocabulary_size": 50, "sequence_length": 4, "tokenizer": "words"}),
    }
    with (
        apache_beam.Pipeline(argv=[BEAM, "--no_pipeline_type_check"]) as beam,
        tft_beam.Context(temp_dir=str(folder / "temp")),
    ):
        data = (beam | apache_beam.Create(rows), metadata)
        function = data | tft_beam.AnalyzeDataset(
            lambda inputs: transform.preprocessing_fn(inputs, custom_config)
        )
        function | tft_beam.WriteTransformFn(str(folder / "graph"))
        metadata | tft_beam.WriteMetadata(
            str(folder / "graph" / tft.TFTransformOutput.RAW_METADATA_DIR), beam
        )


def arguments(given, resumable, tuning):
    learner = sections.LearnerConfig(
        classification.TextClassification("text_classification"),
        MODEL,
        TrainingConfig(epochs=2, batch_size=8),
        tuning,
    )
    return types.SimpleNamespace(
        custom_config={
            "learner": loading.dump_learner(learner),
            "resumable": str(resumable),
            "code": "a",
        },
        transform_graph_path=str(given / "graph"),
        train_files=[str(given / "train.gz")],
        eval_files=[str(given / "eval.gz")],
    )


def search(given, resumable, **fields):
    fn_args = arguments(given, resumable, TuningConfig(**{"space": SPACE, **fields}))
    result = tuner.tuner_fn(fn_args)
    result.tuner.search(**result.fit_kwargs)
    return result.tuner, fn_args


def scores(found):
    return {name: trial.score for name, trial in found.oracle.trials.items()}


def kept(given, resumable):
    """The results file of the only search."""
    (path,) = resumable.parent.glob("searches/*/trials.json")
    assert path.with_name("trials.png").is_file()
    return results.read(path)


def test_a_search_keeps_every_trial_and_goes_on_if_it_is_started_again(given, tmp_path):
    found, fn_args = search(given, tmp_path / "unfinished", trials=2)
    finished = found.oracle.trials.values()
    assert len(finished) == 2
    for trial in finished:
        assert 0 <= trial.score <= 1
        assert trial.hyperparameters.get("model.filters") in (2, 5)
        assert 1e-3 <= trial.hyperparameters.get("training.learning_rate") <= 1e-1
    best = found.get_best_hyperparameters()[0].values
    assert best.keys() == SPACE.keys()
    # The Trainer takes the values as they are.
    chosen = loading.load_learner(fn_args.custom_config["learner"], best)
    assert chosen.model.filters == best["model.filters"]
    assert chosen.training.learning_rate == best["training.learning_rate"]
    table = kept(given, tmp_path / "unfinished")
    assert [r.score for r in table] == sorted(scores(found).values(), reverse=True)
    assert {r.epochs for r in table} == {2}
    again, _ = search(given, tmp_path / "unfinished", trials=2, workers=3)
    assert scores(again) == scores(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("algorithm", "trials", "space"),
    [("grid", 2, STEPPED), ("bayesian", 3, SPACE), ("hyperband", None, SPACE)],
)
def test_every_algorithm_finds_a_best_trial(given, tmp_path, algorithm, trials, space):
    fields = {"trials": trials} if trials else {}
    found, _ = search(given, tmp_path, algorithm=algorithm, space=space, **fields)
    assert len(found.oracle.trials) == (trials or found.oracle.planned_trials())
    # As TFX's Tuner asks for its results.
    best = found.oracle.get_best_trials(found.oracle.max_trials)
    assert best[0].score == max(scores(found).values())
    assert found.get_best_hyperparameters()[0].values.keys() == SPACE.keys()


@pytest.mark.slow
def test_two_equal_searches_find_the_same(given, tmp_path):
    first, _ = search(given, tmp_path / "first", trials=2)
    second, _ = search(given, tmp_path / "second", trials=2)
    assert scores(first) == scores(second)


def test_another_search_does_not_continue_this_one_but_other_workers_do(given, tmp_path):
    def folder(**fields):
        fn_args = arguments(given, tmp_path, TuningConfig(space=SPACE, **fields))
        return tuner.tuner_fn(fn_args).tuner.project_dir

    assert folder() == folder(workers=2)
    assert folder() != folder(seed=7)


@pytest.mark.slow
def test_a_search_in_which_every_trial_fails_says_why_and_is_tried_anew(given, tmp_path):
    space = {"training.cache_mib": SearchRange(values=(1, 2, 3, 4))}
    fn_args = arguments(given, tmp_path, TuningConfig(space=space))
    files, fn_args.train_files = fn_args.train_files, [str(given / "missing.gz")]
    with pytest.raises(ValueError, match=r"(?s)No trial.*cache_mib.*Change `tuning.space`"):
        tuner.tuner_fn(fn_args).tuner.search()
    fn_args.train_files = files
    mended = tuner.tuner_fn(fn_args).tuner
    mended.search()
    assert all(scores(mended).values())


def test_workers_share_the_cores():
    environment = tuner.worker_environment({"PATH": "/bin"}, num_workers=3, num_cores=8)
    assert environment["TF_NUM_INTRAOP_THREADS"] == environment["OMP_NUM_THREADS"] == "2"
    assert tuner.worker_environment({}, 4, num_cores=2)["TF_NUM_INTRAOP_THREADS"] == "1"


def first_trial(given, folder):
    """What builds and fits trials, and values for one."""
    values = keras_tuner.HyperParameters()
    values.values = {"training.learning_rate": 0.01, "model.filters": 2}
    fn_args = arguments(given, folder, TuningConfig(space=SPACE))
    return tuner.tuner_fn(fn_args).tuner.hypermodel, values


def test_nothing_holds_the_model_of_a_finished_trial(given, tmp_path):
    found, values = first_trial(given, tmp_path)
    model = found.build(values)
    found.fit(values, model)
    gone = weakref.ref(model)
    del model
    keras.backend.clear_session()
    gc.collect()
    assert gone() is None


def test_a_trial_trains_on_the_devices_of_the_training(given, tmp_path, monkeypatch):
    asked = []
    mirrored = tf.distribute.MirroredStrategy(["CPU:0"])
    monkeypatch.setattr(placement, "strategy", lambda devices: asked.append(devices) or mirrored)
    found, values = first_trial(given, tmp_path)
    model = found.build(values)
    assert asked == ["one"]
    fitted = model.fit
    monkeypatch.setattr(
        model,
        "fit",
        lambda *args, **kwargs: (
            asked.append(tf.distribute.get_strategy()) or fitted(*args, **kwargs)
        ),
    )
    assert found.fit(values, model).epoch == [0, 1]
    assert asked == ["one", mirrored]


def test_a_worker_elsewhere_does_not_run_the_pipeline(given, tmp_path, monkeypatch):
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "10.0.0.1")
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "worker7")
    with pytest.raises(ValueError, match=r"only its chief.*KERASTUNER_TUNER_ID is 'worker7'"):
        tuner.tuner_fn(arguments(given, tmp_path, TuningConfig(space=SPACE)))


PROGRAM = """
import json, sys, types
from pipeline.modules import tuner
tuner.tuner_fn(types.SimpleNamespace(**json.loads(sys.argv[1]))).tuner.search()
"""


def begin(fn_args, log):
    """A search in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, json.dumps(vars(fn_args))],
        cwd=pathlib.Path(__file__).parents[3],
        env={**os.environ, "TF_USE_LEGACY_KERAS": "0"},
        stdout=log,
        stderr=log,
    )


def states(resumable):
    """What the files say of each trial."""
    found = {}
    for path in resumable.glob("search-*/trials/trial_*/trial.json"):
        state = json.loads(path.read_text())
        found[state["trial_id"]] = state["status"]
    return found


def workers_of(process):
    """Process ids of the workers."""
    path = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(number) for number in path.read_text().split()]


def wait_until(condition):
    while not condition():
        time.sleep(0.1)


@pytest.mark.slow
def test_a_search_survives_the_death_of_a_worker_and_of_all(given, tmp_path):
    resumable = tmp_path / "unfinished"
    fn_args = arguments(given, resumable, TuningConfig(space=SPACE, trials=4, workers=2))
    with open(tmp_path / "log.txt", "ab") as log:
        first = begin(fn_args, log)
        wait_until(lambda: "RUNNING" in states(resumable).values())
        (path,) = resumable.glob("search-*/trials/oracle.json")
        busy = next(iter(json.loads(path.read_text())["ongoing_trials"]))
        os.kill(workers_of(first)[int(busy.removeprefix("worker"))], signal.SIGKILL)
        wait_until(lambda: "COMPLETED" in states(resumable).values())
        workers = workers_of(first)
        first.kill()
        first.wait()
        wait_until(lambda: not any(is_running(worker) for worker in workers))
        done = [name for name, status in states(resumable).items() if status == "COMPLETED"]
        written = {p: p.stat().st_mtime_ns for p in records(resumable, done)}
        assert begin(fn_args, log).wait() == 0
    assert len(done) >= 1
    assert states(resumable) == dict.fromkeys("0123", "COMPLETED")
    assert written == {p: p.stat().st_mtime_ns for p in records(resumable, done)}
    assert len(kept(given, resumable)) == 4
    assert f"{busy} died (signal 9) in trial 0" in (tmp_path / "log.txt").read_text()


def records(resumable, names):
    return [p for name in names for p in resumable.glob(f"*/trials/trial_{name}/record.json")]


def is_running(process_id):
    """Whether a process exists and is not only waiting to be collected."""
    try:
        status = pathlib.Path(f"/proc/{process_id}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(") ")[2][0] != "Z"
