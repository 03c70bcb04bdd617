"""Tests of serving/bundle/compatibility.py: graphs that a released server cannot load."""

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import op_def_registry

from serving.bundle import compatibility
from serving.bundle.releases import RELEASES


@pytest.fixture
def write(tmp_path):
    """Writes a SavedModel of one function with one operation."""

    def call(operation, folder="model", min_consumer=0, tag="serve", **types):
        saved = saved_model_pb2.SavedModel()
        meta_graph = saved.meta_graphs.add()
        meta_graph.meta_info_def.tags.append(tag)
        meta_graph.graph_def.versions.min_consumer = min_consumer
        function = meta_graph.graph_def.library.function.add()
        function.signature.name = "__inference_call_1"
        node = function.node_def.add(name="node", op=operation)
        for name, dtype in types.items():
            node.attr[name].type = dtype.as_datatype_enum
        path = tmp_path / folder
        path.mkdir()
        (path / "saved_model.pb").write_bytes(saved.SerializeToString())
        return path

    return call


def test_an_export_with_text_operations_loads_in_every_release(exported):
    assert {target: compatibility.check(exported, target) for target in RELEASES} == {
        "2.19": [],
        "2.20": [],
    }


def test_a_text_operation_that_an_old_release_does_not_link_is_found_in_functions(write):
    path = write("TFText>RoundRobinTrim")
    assert compatibility.check(path, "2.19") == [
        "TensorFlow Serving 2.19.1 lacks the operation TFText>RoundRobinTrim "
        "(it has TensorFlow Text 2.12.1)."
    ]
    assert compatibility.check(path, "2.20") == []


@pytest.mark.parametrize(
    ("operation", "types", "problem"),
    [
        ("DecodeWebP", {}, "lacks the operation DecodeWebP."),
        ("EagerPyFunc", {}, "cannot run EagerPyFunc: it calls Python, which is not there."),
        ("Nonsense", {}, "is not known to have the operation Nonsense."),
        (
            "TensorListGetItem",
            {"Tshape": tf.int64},
            "does not know the attribute Tshape of the operation TensorListGetItem.",
        ),
        ("Range", {"Tidx": tf.uint64}, "has no uint64 for Tidx of the operation Range."),
    ],
)
def test_what_a_release_lacks_is_named(write, operation, types, problem):
    found = compatibility.check(write(operation, **types), "2.19")
    assert found == [f"TensorFlow Serving 2.19.1 {problem}"]


@pytest.mark.parametrize("operation", ["__inference_call_1", "SimpleMLInferenceOpWithHandle"])
def test_calls_of_its_own_functions_and_decision_forests_are_known(write, operation):
    assert compatibility.check(write(operation), "2.19") == []


def test_a_type_that_the_release_has_is_no_problem(write):
    assert compatibility.check(write("Range", Tidx=tf.int32), "2.19") == []


def test_a_graph_that_demands_a_newer_reader_is_a_problem(write):
    assert compatibility.check(write("NoOp", min_consumer=2200), "2.19") == [
        "TensorFlow Serving 2.19.1 reads GraphDef versions up to 2129; the export demands at "
        "least 2200."
    ]


def test_a_graph_that_excludes_a_reader_is_a_problem(write):
    path = write("NoOp")
    saved = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    saved.meta_graphs[0].graph_def.versions.bad_consumers.append(2129)
    (path / "saved_model.pb").write_bytes(saved.SerializeToString())
    (problem,) = compatibility.check(path, "2.19")
    assert (
        problem
        == "TensorFlow Serving 2.19.1 reads GraphDef version 2129, which the export excludes."
    )


def test_functions_that_must_be_compiled_name_the_flag(write):
    path = write("NoOp")
    saved = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    saved.meta_graphs[0].graph_def.node.add(name="a", op="NoOp").attr["_XlaMustCompile"].b = True
    (path / "saved_model.pb").write_bytes(saved.SerializeToString())
    (problem,) = compatibility.check(path, "2.20")
    assert "--xla_cpu_compilation_enabled" in problem


def test_the_oldest_release_that_loads_everything_is_found(write):
    old, new = write("NoOp", "old"), write("TFText>RoundRobinTrim", "new")
    never = write("PyFunc", "never")
    assert compatibility.oldest_release([old]) == "2.19"
    assert compatibility.oldest_release([old, new]) == "2.20"
    assert compatibility.oldest_release([old, new, never]) is None


def test_an_unknown_release_is_refused(exported):
    with pytest.raises(ValueError, match=r"Nothing is known of TensorFlow Serving 2\.7\. Known"):
        compatibility.check(exported, "2.7")


def test_another_tensorflow_than_the_tables_start_from_is_refused(exported, monkeypatch):
    monkeypatch.setattr(compatibility, "COMPARED_WITH", "3.0.")
    with pytest.raises(ValueError, match="Compare the operation lists again"):
        compatibility.check(exported)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"There is no SavedModel in .*saved_model\.pb is missing"):
        compatibility.check(tmp_path)


def test_a_model_without_a_graph_to_serve_is_refused(write):
    with pytest.raises(ValueError, match="has no graph with the tag 'serve'"):
        compatibility.check(write("NoOp", tag="train"))


@pytest.mark.parametrize("target", RELEASES)
def test_the_tables_name_what_the_pinned_tensorflow_has(target):
    release = RELEASES[target]
    for operation in release.missing:
        assert op_def_registry.get(operation) is not None, operation
    for operation, attributes in release.newer_attributes.items():
        definition = op_def_registry.get(operation)
        assert attributes <= {attribute.name for attribute in definition.attr}, operation
    for (operation, attribute), types in release.newer_types.items():
        (known,) = (a for a in op_def_registry.get(operation).attr if a.name == attribute)
        assert types <= set(known.allowed_values.list.type), operation
