"""What the project uses of other libraries that they do not promise to keep.

An upgrade that takes one of these away breaks something; this says what, where, and what for.
"""

import ast
import dataclasses
import importlib
import pathlib
import re
from collections.abc import Callable

import keras
import keras_tuner
import pytest
import tensorflow as tf

from tests import private_objects

ROOT = pathlib.Path(__file__).parents[1]
PACKAGES = ("pipeline", "components", "models", "serving", "benchmarks")
TREES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_bytes())
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
}
PRIVATE_MODULES = re.compile(r"(^|\.)(_\w+|src|python|\w+_impl)(\.|$)")
"""`keras_tuner.src`, `tensorflow.python` and the like."""
PUBLIC = {"_replace", "_exit"}
"""Documented, of named tuples and of `os`; their underscore means something else."""


@dataclasses.dataclass(frozen=True)
class Use:
    """A private name, who needs it and what for."""

    name: str
    """As the source has it behind the last dot, or between two dots of an import."""
    look: Callable[[], object]
    """Fails if the library has no such thing."""
    files: tuple[str, ...]
    """Where it is used."""
    why: str
    """What there is no public way to do."""

    @property
    def is_tfx(self) -> bool:
        """Whether looking imports TFX, which takes its time."""
        return self.files[0].startswith("components/") or "tfx" in self.files[0]


def of(module: str, *names: str) -> Callable[[], object]:
    """Look for an attribute of a module, or of a class in it."""

    def look() -> object:
        found = importlib.import_module(module)
        for name in names:
            found = getattr(found, name)
        return found

    return look


def oracle() -> keras_tuner.oracles.HyperbandOracle:
    return keras_tuner.oracles.HyperbandOracle(objective="val_loss", max_epochs=9)


ORACLES = "models/tuning/oracles.py"
SESSION = "serving/execution/session.py"
HYPERBAND = ("keras_tuner.oracles", "HyperbandOracle")
TFX_PUSHER = ("tfx.components.pusher.executor", "Executor")
SESSIONS = "tensorflow.python.client.pywrap_tf_session"

USES = (
    Use(
        "_flatten_layers",
        of("keras", "Layer", "_flatten_layers"),
        (
            "models/doctor/activations.py",
            "models/doctor/examined.py",
            "models/doctor/numerical.py",
            "models/doctor/untrained.py",
            "models/finetuning/blocks.py",
            "models/finetuning/course.py",
            "models/finetuning/lora.py",
            "models/layers/cudnn.py",
            "models/layers/fused.py",
            "models/training/averaging.py",
            "benchmarks/doctor/case.py",
        ),
        "Layers at any depth; `model.layers` has the outermost ones only.",
    ),
    Use(
        "_non_trainable_variables",
        lambda: keras.layers.BatchNormalization()._non_trainable_variables,
        ("models/training/averaging.py",),
        "A layer's own statistics, without those of the layers in it and the seeds of dropout.",
    ),
    Use(
        "_compute_attention",
        of("keras", "layers", "MultiHeadAttention", "_compute_attention"),
        ("models/layers/fused.py",),
        "An export computes attention in one operation.",
    ),
    Use(
        "_get_variable_index",
        of("keras", "optimizers", "Optimizer", "_get_variable_index"),
        ("models/training/optimizers.py",),
        "A learning rate for each weight.",
    ),
    Use(
        "_apply_weight_decay",
        of("keras", "optimizers", "Optimizer", "_apply_weight_decay"),
        ("models/training/optimizers.py",),
        "Weight decay at the rate of each weight.",
    ),
    Use(
        "_tf_trackable",
        lambda: keras.export.ExportArchive()._tf_trackable,
        ("serving/export/signatures.py",),
        "Weights are written once; the archive would write them twice.",
    ),
    Use(
        "_get_function",
        lambda: private_objects.graph_with_a_function()._get_function,
        ("models/macs.py",),
        "From a call in a graph to the graph that is called.",
    ),
    Use(
        "keras_tuner.src",
        of("keras_tuner.src.protos", "get_service_grpc"),
        ("models/tuning/parallel.py",),
        "The service of the chief; KerasTuner's own start waits for dead workers for ever.",
    ),
    Use(
        "keras_tuner.src.distribute",
        of("keras_tuner.src.distribute.oracle_chief", "OracleServicer"),
        ("models/tuning/parallel.py",),
        "As above.",
    ),
    Use(
        "_is_worker",
        of("keras_tuner", "Tuner", "_is_worker"),
        ("models/tuning/search.py",),
        "Only the chief saves the oracle.",
    ),
    Use(
        "_get_tuner_fname",
        of("keras_tuner", "Tuner", "_get_tuner_fname"),
        ("models/tuning/search.py",),
        "Overridden: a search is continued from the oracle's file, which is there first.",
    ),
    Use(
        "_populate_initial_space",
        of("keras_tuner", "Tuner", "_populate_initial_space"),
        ("models/tuning/search.py",),
        "Overridden: the YAML says what is searched, no model is built to find out.",
    ),
    Use(
        "_get_trial_dir",
        of("keras_tuner", "Oracle", "_get_trial_dir"),
        (ORACLES, "models/tuning/results.py"),
        "Where a trial's files are.",
    ),
    Use(
        "_get_oracle_fname",
        of("keras_tuner", "Oracle", "_get_oracle_fname"),
        (ORACLES,),
        "The oracle's file is written at once or not at all.",
    ),
    Use(
        "_extract_corpus_statistics",
        of("sacrebleu.metrics.chrf", "CHRF", "_extract_corpus_statistics"),
        ("models/tasks/writing/metrics.py",),
        "Counts of one text, so that slices and intervals are those of every metric.",
    ),
    Use(
        "_compute_f_score",
        of("sacrebleu.metrics.chrf", "CHRF", "_compute_f_score"),
        ("models/tasks/writing/metrics.py",),
        "The figure of summed counts.",
    ),
    Use(
        "_save_trial",
        of("keras_tuner", "Oracle", "_save_trial"),
        (ORACLES,),
        "Overridden: a trial's file is written at once or not at all.",
    ),
    Use(
        "_retry_queue",
        lambda: oracle()._retry_queue,
        (ORACLES,),
        "A continued search runs again what was running when it was killed.",
    ),
    Use(
        "_duplicate",
        of("keras_tuner", "Oracle", "_duplicate"),
        (ORACLES,),
        "No combination is tried twice.",
    ),
    Use(
        "_random_values",
        of("keras_tuner", "Oracle", "_random_values"),
        (ORACLES,),
        "Values that were not tried, for Hyperband's first rounds.",
    ),
    Use(
        "_random_populate_space",
        of("keras_tuner.oracles", "BayesianOptimizationOracle", "_random_populate_space"),
        (ORACLES,),
        "What the Gaussian process proposes a second time is drawn instead.",
    ),
    *(
        Use(name, look, (ORACLES,), "Hyperband's next trial is chosen anew: see the class there.")
        for name, look in {
            "_brackets": lambda: oracle()._brackets,
            "_current_bracket": lambda: oracle()._current_bracket,
            "_current_iteration": lambda: oracle()._current_iteration,
            "_increment_bracket_num": of(*HYPERBAND, "_increment_bracket_num"),
            "_start_new_bracket": of(*HYPERBAND, "_start_new_bracket"),
            "_get_size": of(*HYPERBAND, "_get_size"),
            "_get_epochs": of(*HYPERBAND, "_get_epochs"),
            "_get_num_brackets": of(*HYPERBAND, "_get_num_brackets"),
            "_get_num_rounds": of(*HYPERBAND, "_get_num_rounds"),
        }.items()
    ),
    *(
        Use(name, of(SESSIONS, name), (SESSION,), "docs/decisions/0007")
        for name in ("TF_SessionRun_wrapper", "TF_NewBufferFromString", "TF_DeleteBuffer")
    ),
    Use(
        "python.client",
        of(SESSIONS),
        (SESSION,),
        "A dtype is not converted in silence, and a call has a time limit: docs/decisions/0007",
    ),
    Use(
        "_session",
        lambda: tf.compat.v1.Session(graph=tf.Graph())._session,
        (SESSION,),
        "As above: what is handed to TensorFlow's C functions.",
    ),
    Use(
        "_as_tf_output",
        lambda: private_objects.graph_with_a_function().outputs[0]._as_tf_output,
        (SESSION,),
        "As above: the handle of a tensor.",
    ),
    Use(
        "_extend_graph",
        of("tensorflow", "compat", "v1", "Session", "_extend_graph"),
        (SESSION,),
        "A model without variables is complete before its first request.",
    ),
    Use(
        "python.framework",
        of("tensorflow.python.framework.ops", "dismantle_graph"),
        (SESSION,),
        "An unloaded version's memory is free at once.",
    ),
    Use(
        "python.framework",
        of("tensorflow.python.framework.op_def_registry", "get"),
        ("serving/bundle/compatibility.py",),
        "Whether this TensorFlow knows an operation.",
    ),
    *(
        Use(
            "python.saved_model",
            of("tensorflow.python.saved_model.loader_impl", "SavedModelLoader", name),
            (SESSION,),
            "A SavedModel is read once; `tf.compat.v1.saved_model.load` reads it twice.",
        )
        for name in ("load_graph", "restore_variables", "run_init_ops")
    ),
    Use(
        "python.lib",
        of("tensorflow.python.lib.io.tf_record", "tf_record_random_reader"),
        ("serving/execution/warmup.py",),
        "Records of a file that may break off, one at a time, with TensorFlow's own errors.",
    ),
    Use(
        "lite.python",
        of("tensorflow.lite.python.schema_py_generated", "Model", "GetRootAsModel"),
        ("serving/execution/tflite_session.py",),
        "The signatures that TensorFlow's converter leaves in a TFLite model's metadata.",
    ),
    Use(
        "stats_impl",
        private_objects.statistics_in_memory,
        ("components/statistics/executor.py",),
        "Statistics of small data without a Beam job.",
    ),
    Use(
        "httptools_impl",
        of("uvicorn.protocols.http.httptools_impl", "HttpToolsProtocol"),
        ("serving/rest/http_server.py",),
        "A request's head that never ends is cut off, which uvicorn has no setting for.",
    ),
    Use(
        "_MarkPushed",
        of(*TFX_PUSHER, "_MarkPushed"),
        ("components/push/executor.py",),
        "What lineage knows of a push.",
    ),
    Use(
        "_MarkNotPushed",
        of(*TFX_PUSHER, "_MarkNotPushed"),
        ("components/push/executor.py",),
        "What lineage knows of a push that a blessing forbade.",
    ),
    Use(
        "_make_beam_pipeline",
        of(
            "tfx.dsl.components.base.base_beam_executor",
            "BaseBeamExecutor",
            "_make_beam_pipeline",
        ),
        ("components/ingest/executor.py",),
        "A Beam pipeline with the arguments of the run.",
    ),
    Use(
        "_create_pipeline",
        of("tfx.examples.imdb.imdb_pipeline_native_keras", "_create_pipeline"),
        ("benchmarks/tfx_imdb.py",),
        "TFX's own example, as it is, to compare with.",
    ),
)


@pytest.mark.parametrize(
    "use",
    [pytest.param(use, id=use.name, marks=[pytest.mark.tfx] * use.is_tfx) for use in USES],
)
def test_the_library_has_what_is_used_of_it(use):
    try:
        found = use.look()
    except (ImportError, AttributeError) as error:
        pytest.fail(f"{', '.join(use.files)} need it: {use.why} {error}")
    assert found is not None


@pytest.mark.parametrize("use", USES, ids=[use.name for use in USES])
def test_the_files_use_what_they_are_listed_with(use):
    assert [file for file in use.files if use.name not in (ROOT / file).read_text("utf-8")] == []


def own_names() -> set[str]:
    """Everything that the project itself defines."""
    found = set()
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.attr)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.id)
    return found


def imported(tree: ast.Module) -> list[str]:
    return [
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ] + [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    ]


def test_every_foreign_attribute_with_an_underscore_is_listed():
    own = own_names() | PUBLIC
    listed = {(use.name, file) for use in USES for file in use.files}
    missing = {
        (node.attr, file)
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and re.match(r"_[a-zA-Z]", node.attr)
        and node.attr not in own
    } - listed
    assert missing == set()


def test_every_import_of_a_private_module_is_listed():
    missing = [
        (file, name)
        for file, tree in TREES.items()
        for name in imported(tree)
        if PRIVATE_MODULES.search(name) and name.split(".")[0] not in (*PACKAGES, "__future__")
        if not any(file in use.files and f"{use.name}." in f"{name}." for use in USES)
    ]
    assert missing == []
