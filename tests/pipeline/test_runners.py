"""Tests of pipeline/runners.py with tiny components: what ran, what was cached, and why.

No postponed annotations here: `@component` reads the raw ones.
"""

import json
import pathlib

import pytest
from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration import metadata
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.types import standard_artifacts

from pipeline import runners

pytestmark = pytest.mark.tfx

MISTAKES = {}
"""Exception to raise, by stage; what a parameter cannot carry."""


@component
def Source(
    out: OutputArtifact[standard_artifacts.Examples],
    number: Parameter[int],
    settings: Parameter[str],
) -> None:
    """Write a number."""
    pathlib.Path(out.uri, "number").write_text(str(number))


@component
def Double(
    given: InputArtifact[standard_artifacts.Examples],
    out: OutputArtifact[standard_artifacts.Model],
    custom_config: Parameter[str],
) -> None:
    """Write twice the number."""
    if "Double" in MISTAKES:
        raise MISTAKES["Double"]
    number = int(pathlib.Path(given.uri, "number").read_text())
    pathlib.Path(out.uri, "number").write_text(str(2 * number))


@component
def Pusher(
    model: InputArtifact[standard_artifacts.Model],
    pushed: OutputArtifact[standard_artifacts.PushedModel],
) -> None:
    """Look at the world."""
    pushed.set_string_custom_property("seen", pathlib.Path(model.uri, "number").read_text())


VERDICTS = {"blessed": 1}
"""What the Canary says; what a parameter cannot carry."""


@component
def Canary(blessing: OutputArtifact[standard_artifacts.InfraBlessing]) -> None:
    """Bless, or refuse to."""
    blessing.set_int_custom_property("blessed", VERDICTS["blessed"])


class Watcher:
    """Remembers what an observer is told."""

    def __init__(self):
        self.told = []

    def started(self, stage):
        self.told.append(("started", stage))

    def finished(self, result):
        self.told.append((result.outcome, result.stage))

    def failed(self, stage, seconds, error):
        assert seconds >= 0
        self.told.append(("failed", stage, type(error)))


@pytest.fixture
def run(tmp_path):
    """Run the three stages; the results, and what the observer was told."""

    def call(number=3, settings="{}", rate=0.1, watcher=None):
        learner = json.dumps({"training": {"learning_rate": rate, "epochs": 2}})
        source = Source(number=number, settings=settings)
        double = Double(
            given=source.outputs["out"], custom_config=json.dumps({"learner": learner, "code": "a"})
        )
        push = Pusher(model=double.outputs["out"])
        pipeline = tfx_pipeline.Pipeline(
            pipeline_name="tiny",
            pipeline_root=str(tmp_path / "artifacts"),
            metadata_connection_config=connection(tmp_path),
            enable_cache=True,
            components=[source, double, push],
        )
        return runners.run(pipeline, watcher or Watcher())

    return call


def connection(folder):
    return metadata.sqlite_metadata_connection_config(str(folder / "metadata.sqlite"))


def reasons(results):
    return {stage: result.why or result.outcome for stage, result in results.items()}


def test_a_first_run_runs_every_stage_in_order_and_tells_the_observer(run):
    watcher = Watcher()
    results = run(watcher=watcher)
    assert reasons(results) == dict.fromkeys(("Source", "Double", "Pusher"), "first run")
    assert watcher.told == [
        event
        for stage in ("Source", "Double", "Pusher")
        for event in (("started", stage), ("ran", stage))
    ]
    assert pathlib.Path(results["Double"].outputs["out"].uri, "number").read_text() == "6"
    assert results["Pusher"].outputs["pushed"].custom_properties["seen"].string_value == "6"
    assert all(result.seconds > 0 for result in results.values())


def test_an_unchanged_second_run_is_cached_but_the_pusher_looks(run):
    first, second = run(), run()
    assert reasons(second) == {"Source": "cached", "Double": "cached", "Pusher": "always looks"}
    assert second["Double"].outputs["out"].uri == first["Double"].outputs["out"].uri


def test_a_changed_parameter_is_shown_old_and_new_and_what_follows_has_new_inputs(run):
    run(number=3)
    assert reasons(run(number=4)) == {
        "Source": "number: 3 -> 4",
        "Double": "new given",
        "Pusher": "new model",
    }


def test_parameters_in_json_are_named_as_in_the_yaml(run):
    run(settings='{"split": {"train": 8, "eval": 2}}', rate=0.1)
    results = run(settings='{"split": {"train": 8, "test": 1}}', rate=0.01)
    assert reasons(results) == {
        "Source": "settings.split.eval: 2 -> unset, settings.split.test: unset -> 1",
        "Double": "training.learning_rate: 0.1 -> 0.01, new given",
        "Pusher": "new model",
    }


def test_a_refusal_of_the_canary_is_not_taken_from_cache_but_a_blessing_is(tmp_path, monkeypatch):
    def probed():
        pipeline = tfx_pipeline.Pipeline(
            pipeline_name="probed",
            pipeline_root=str(tmp_path / "artifacts"),
            metadata_connection_config=connection(tmp_path),
            enable_cache=True,
            components=[Canary()],
        )
        result = runners.run(pipeline, Watcher())["Canary"]
        blessed = result.outputs["blessing"].custom_properties["blessed"].int_value
        return result.why or result.outcome, blessed

    monkeypatch.setitem(VERDICTS, "blessed", 0)
    assert probed() == ("first run", 0)
    assert probed() == ("it refused the last time", 0)
    monkeypatch.setitem(VERDICTS, "blessed", 1)
    assert probed() == ("it refused the last time", 1)
    monkeypatch.setitem(VERDICTS, "blessed", 0)
    assert probed() == ("cached", 1)


def test_going_back_finds_the_earlier_outputs(run):
    first = run(number=3)
    run(number=4)
    third = run(number=3)
    assert reasons(third) == {"Source": "cached", "Double": "cached", "Pusher": "new model"}
    assert third["Double"].outputs["out"].uri == first["Double"].outputs["out"].uri


def test_a_stage_that_fails_stops_the_run_with_its_own_error(run, monkeypatch):
    monkeypatch.setitem(MISTAKES, "Double", ValueError("고쳐 주세요"))
    watcher = Watcher()
    with pytest.raises(ValueError, match="고쳐 주세요"):
        run(watcher=watcher)
    assert watcher.told == [
        ("started", "Source"),
        ("ran", "Source"),
        ("started", "Double"),
        ("failed", "Double", ValueError),
    ]
    monkeypatch.delitem(MISTAKES, "Double")
    mended = run()
    assert reasons(mended) == {"Source": "cached", "Double": "first run", "Pusher": "first run"}


def test_an_interrupted_run_is_completed_by_the_next(run, monkeypatch, tmp_path):
    # A KeyboardInterrupt passes TFX's own handler, so the execution stays as a killed one would.
    monkeypatch.setitem(MISTAKES, "Double", KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run()
    with metadata.Metadata(connection(tmp_path)) as handle:
        states = [execution.last_known_state for execution in handle.store.get_executions()]
    assert metadata_store_pb2.Execution.RUNNING in states
    monkeypatch.delitem(MISTAKES, "Double")
    completed = run()
    assert reasons(completed) == {"Source": "cached", "Double": "first run", "Pusher": "first run"}
    assert reasons(run())["Double"] == "cached"


def test_the_runner_runs_whole_pipelines_only():
    with pytest.raises(ValueError, match="runs whole pipelines"):
        runners.LocalRunner(Watcher()).run_with_ir(None, run_options=object())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("code", "the project's own code changed"),
        ("fingerprint", "the data or how it is read changed"),
        ("files", "a file that the model is made from changed"),
    ],
)
def test_values_that_say_nothing_to_a_person_are_not_shown(name, why):
    assert runners._change(name, "8c1f", "03ab") == why
