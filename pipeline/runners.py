"""Run a TFX pipeline in this process, telling an observer what happens and why."""

import dataclasses
import datetime
import functools
import json
import logging
import time
from collections.abc import Mapping
from typing import Any, Literal, Protocol

from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.compiler import constants
from tfx.orchestration import metadata
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.local import runner_utils
from tfx.orchestration.portable import launcher, runtime_parameter_utils, tfx_runner
from tfx.proto.orchestration import pipeline_pb2

UNCACHED = ("Pusher",)
"""Stages that always look at the world: what is served may have been deleted or replaced."""

_VETO = ("Canary", "blessing")
"""Stage and output whose refusal is not taken from cache: what made it refuse may be mended."""

_LOG = logging.getLogger(__name__)
_COMPLETE = metadata_store_pb2.Execution.COMPLETE
_CACHED = metadata_store_pb2.Execution.CACHED
_INPUTS = (metadata_store_pb2.Event.INPUT, metadata_store_pb2.Event.DECLARED_INPUT)
_OUTPUTS = (metadata_store_pb2.Event.OUTPUT, metadata_store_pb2.Event.DECLARED_OUTPUT)
_TRANSPARENT = ("custom_config", "learner")
"""Names that only wrap others; a user never wrote them."""
_UNSHOWN = {
    "code": "the project's own code",
    "files": "a file that the model is made from",
    "fingerprint": "the data or how it is read",
    "eval_config.metrics_specs": "the thresholds",
    "eval_config.slicing_specs": "the slices",
}
"""Parameters whose values say nothing to a person, and what stands for them."""


@dataclasses.dataclass(frozen=True)
class StageResult:
    """How one stage went."""

    stage: str
    """Id of the stage."""
    outcome: Literal["cached", "ran"]
    """Whether its outputs came from an earlier run."""
    seconds: float
    """Wall time."""
    why: str
    """Why it had to run, in words; empty when cached."""
    outputs: Mapping[str, metadata_store_pb2.Artifact]
    """Output artifacts by name, with `uri` and `custom_properties`."""


class Observer(Protocol):
    """Whoever wants to know how the run is going."""

    def started(self, stage: str) -> None:
        """A stage begins."""

    def finished(self, result: StageResult) -> None:
        """A stage is done."""

    def failed(self, stage: str, seconds: float, error: BaseException) -> None:
        """A stage raised an error or was interrupted; the exception follows."""


class LocalRunner(tfx_runner.IrBasedRunner):
    """TFX's LocalDagRunner with an observer; stages run one after another in this process."""

    def __init__(self, observer: Observer):
        self._observer = observer
        self.results: dict[str, StageResult] = {}

    def run_with_ir(
        self,
        pipeline: pipeline_pb2.Pipeline,
        run_options: pipeline_pb2.RunOptions | None = None,
        **_: Any,
    ) -> None:
        """Run every node of a compiled pipeline in order.

        Args:
            pipeline: Compiled pipeline.
            run_options: Not supported.

        Raises:
            RuntimeError: If a stage could not get its inputs; other errors are the stages' own.
        """
        if run_options is not None:
            raise ValueError(
                "LocalRunner runs whole pipelines: expected `run_options` to be None. Received: "
                f"{run_options!r}"
            )
        started = datetime.datetime.now().isoformat()
        runtime_parameter_utils.substitute_runtime_parameter(
            pipeline, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: started}
        )
        deployment = runner_utils.extract_local_deployment_config(pipeline)
        kind = deployment.metadata_connection_config.WhichOneof("connection_config")
        connection = getattr(deployment.metadata_connection_config, kind)
        for node in pipeline.nodes:
            self._run_node(node.pipeline_node, pipeline, deployment, connection)

    def _run_node(self, node: Any, pipeline: Any, deployment: Any, connection: Any) -> None:
        stage = node.node_info.id
        launch = functools.partial(_launch, node, pipeline, deployment, connection)
        if stage in UNCACHED or _has_refused(stage, pipeline, connection):
            node.execution_options.caching_options.enable_cache = False
        # Resolvers and importers only look things up.
        if runner_utils.extract_executor_spec(deployment, stage) is None:
            launch()
            return
        _LOG.info("%s starts", stage)
        self._observer.started(stage)
        begin = time.monotonic()
        try:
            info = launch()
            with metadata.Metadata(connection) as handle:
                outcome, why = _explain(handle.store, info, pipeline.pipeline_info.id)
                outputs = _artifacts(handle.store, info.execution_id, _OUTPUTS)
        except BaseException as error:
            self._observer.failed(stage, time.monotonic() - begin, error)
            raise
        result = StageResult(
            stage,
            outcome,
            time.monotonic() - begin,
            why,
            outputs={name: artifacts[0] for name, artifacts in outputs.items()},
        )
        self.results[stage] = result
        self._observer.finished(result)


def run(pipeline: tfx_pipeline.Pipeline, observer: Observer) -> dict[str, StageResult]:
    """Run a pipeline; the results by stage id."""
    runner = LocalRunner(observer)
    runner.run(pipeline)
    return runner.results


def _launch(node: Any, pipeline: Any, deployment: Any, connection: Any) -> Any:
    stage = node.node_info.id
    return launcher.Launcher(
        pipeline_node=node,
        mlmd_connection=metadata.Metadata(connection),
        pipeline_info=pipeline.pipeline_info,
        pipeline_runtime_spec=pipeline.runtime_spec,
        executor_spec=runner_utils.extract_executor_spec(deployment, stage),
        custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, stage),
    ).launch()


def _explain(store: Any, info: Any, pipeline: str) -> tuple[Literal["cached", "ran"], str]:
    """Whether a launched stage was cached, and if not, why."""
    stage = info.pipeline_node.node_info.id
    if info.execution_id is None:
        raise RuntimeError(f"{stage} did not run: an input it needs was not produced.")
    (execution,) = store.get_executions_by_id([info.execution_id])
    if execution.last_known_state == _CACHED:
        return "cached", ""
    if execution.last_known_state != _COMPLETE:
        raise RuntimeError(f"{stage} did not run: its inputs could not be resolved.")
    earlier = [other for other in _finished(store, pipeline, stage) if other.id < execution.id]
    if not earlier:
        return "ran", "first run"
    changed = _difference(store, earlier[-1], execution)
    if not changed and _refused(store, stage, earlier[-1]):
        return "ran", "it refused the last time"
    return "ran", changed or ("always looks" if stage in UNCACHED else "how it is run changed")


def _finished(store: Any, pipeline: str, stage: str) -> list[Any]:
    """Executions of a stage that gave outputs, the oldest first."""
    context = store.get_context_by_type_and_name("node", f"{pipeline}.{stage}")
    executions = store.get_executions_by_context(context.id) if context else []
    done = [one for one in executions if one.last_known_state in (_COMPLETE, _CACHED)]
    return sorted(done, key=lambda one: one.id)


def _has_refused(stage: str, pipeline: Any, connection: Any) -> bool:
    """Whether the last execution of the Canary refused; then it is asked again."""
    if stage != _VETO[0]:
        return False
    with metadata.Metadata(connection) as handle:
        finished = _finished(handle.store, pipeline.pipeline_info.id, stage)
        return bool(finished) and _refused(handle.store, stage, finished[-1])


def _refused(store: Any, stage: str, execution: Any) -> bool:
    """Whether the Canary refused the model in an execution."""
    vetoing, output = _VETO
    return stage == vetoing and any(
        artifact.custom_properties["blessed"].int_value == 0
        for artifact in _artifacts(store, execution.id, _OUTPUTS)[output]
    )


def _difference(store: Any, old: Any, new: Any) -> str:
    """What changed between two executions of a stage, in words."""
    before, after = _parameters(old), _parameters(new)
    changed = [
        _change(name, before.get(name, "unset"), after.get(name, "unset"))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    before, after = (
        {
            name: [a.id for a in artifacts]
            for name, artifacts in _artifacts(store, e.id, _INPUTS).items()
        }
        for e in (old, new)
    )
    changed += [f"new {name}" for name in sorted(after) if before.get(name) != after[name]]
    return ", ".join(changed)


def _change(name: str, before: Any, after: Any) -> str:
    if name in _UNSHOWN:
        return f"{_UNSHOWN[name]} changed"
    return f"{name}: {before} -> {after}"


def _parameters(execution: Any) -> dict[str, Any]:
    """Parameters of an execution, JSON in strings unfolded to dotted names."""
    values: dict[str, Any] = {}
    for name, value in execution.custom_properties.items():
        if not name.startswith("__"):
            content = getattr(value, value.WhichOneof("value"))
            _unfold(name, content, values)
    return values


def _unfold(name: str, value: Any, into: dict[str, Any]) -> None:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            value = json.loads(value)
        except ValueError:
            into[name] = value
            return
    if not isinstance(value, dict):
        into[name] = value
        return
    for key, inner in value.items():
        _unfold(key if name in _TRANSPARENT or not name else f"{name}.{key}", inner, into)


def _artifacts(
    store: Any, execution: int, kinds: tuple[int, ...]
) -> dict[str, list[metadata_store_pb2.Artifact]]:
    """Artifacts an execution read or wrote, by name."""
    events = [e for e in store.get_events_by_execution_ids([execution]) if e.type in kinds]
    by_id = {a.id: a for a in store.get_artifacts_by_id([e.artifact_id for e in events])}
    artifacts: dict[str, list[metadata_store_pb2.Artifact]] = {}
    for event in events:
        artifacts.setdefault(event.path.steps[0].key, []).append(by_id[event.artifact_id])
    return artifacts
