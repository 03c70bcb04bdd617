"""Tests of serving/bundle/twins.py: low precision where it is asked for, and nowhere else."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from serving.bundle import compatibility, twins
from serving.execution.saved_model import SavedModelPredictor
from tests.serving import bundles, exports

X = np.array([[0.3, 1.7], [-2.1, 0.4], [1.1, 0.9], [0.2, -0.6]], np.float32)


def matrix_source(folder, scale=1.0, x=X):
    path = exports.export_matrix_model(folder / "7", scale)
    return bundles.source(path, "matrix", inputs={"serving_default": {"x": x}})


@pytest.mark.parametrize(
    ("dtype", "name"), [("bfloat16", "matrix_bf16"), ("float16", "matrix_fp16")]
)
def test_a_twin_answers_nearly_the_same_under_a_name_of_its_own(tmp_path, dtype, name):
    source = matrix_source(tmp_path)
    twin = twins.make(source, dtype, tmp_path / "models")
    assert twin.source.folder == tmp_path / "models" / name / "7"
    assert (twin.source.name, twin.source.version, twin.products) == (name, 7, 2)
    assert 0 < twin.difference < (0.02 if dtype == "bfloat16" else 0.003)
    assert twin.agreement == 1.0
    assert twin.original_ms > 0 < twin.twin_ms


def test_a_twin_keeps_types_names_and_weights(tmp_path):
    source = matrix_source(tmp_path)
    twin = twins.make(source, "bfloat16", tmp_path / "models").source
    predictor = SavedModelPredictor(twin.folder)
    answers = predictor.predict("", {"x": X[:3]})
    predictor.close()
    assert answers["scores"].dtype == np.float32
    expected = source.reference["serving_default"]["outputs"]["label"][:3]
    assert answers["label"].tolist() == expected.tolist()
    assert not (twin.folder / "fingerprint.pb").exists()
    for file in ("variables/variables.index", "variables/variables.data-00000-of-00001"):
        assert (twin.folder / file).read_bytes() == (source.folder / file).read_bytes()


def test_only_products_are_in_low_precision(tmp_path):
    twin = twins.make(matrix_source(tmp_path), "float16", tmp_path / "models").source
    saved = saved_model_pb2.SavedModel.FromString((twin.folder / "saved_model.pb").read_bytes())
    functions = saved.meta_graphs[0].graph_def.library.function
    half = tf.float16.as_datatype_enum
    low = [n.op for f in functions for n in f.node_def if n.attr["T"].type == half]
    assert low == ["MatMul", "MatMul"]


def test_a_twin_still_loads_in_released_servers_and_in_python(tmp_path):
    twin = twins.make(matrix_source(tmp_path), "bfloat16", tmp_path / "models").source
    assert compatibility.check(twin.folder, "2.19") == []
    answer = tf.saved_model.load(str(twin.folder)).signatures["serving_default"](tf.constant(X))
    assert answer["scores"].dtype == tf.float32


def test_a_list_that_is_the_same_for_every_example_does_not_count_as_agreement(tmp_path):
    source = matrix_source(tmp_path)
    wrong = source.reference["serving_default"]["outputs"]["label"]
    wrong[0] = b"z"
    assert twins.make(source, "bfloat16", tmp_path / "models").agreement == 0.75


def test_of_several_inputs_ragged_answers_and_numbers_each_is_compared_by_its_kind(
    exported_pairs, tmp_path
):
    inputs = {
        "first": np.array([b"one two", b"three"], object),
        "second": np.array([b"longer than", b"it"], object),
    }
    source = bundles.source(exported_pairs, "pairs", inputs={"serving_default": inputs})
    twin = twins.make(source, "bfloat16", tmp_path / "models")
    assert 0 < twin.difference < 0.05
    assert twin.agreement == 1.0
    source.reference["serving_default"]["outputs"]["words_length"][0] = 1
    assert twins.make(source, "float16", tmp_path / "models").agreement == 0.75


def test_without_labels_there_is_no_agreement(tmp_path):
    source = matrix_source(tmp_path)
    for name in ("label", "labels"):
        del source.reference["serving_default"]["outputs"][name]
    assert twins.make(source, "bfloat16", tmp_path / "models").agreement is None


def test_a_model_without_products_has_no_twin(exported, tmp_path):
    source = bundles.source(exported, inputs={"add": bundles.INPUTS["add"]})
    with pytest.raises(ValueError, match=r"No bfloat16 twin of reviews: none of its .* MatMul"):
        twins.make(source, "bfloat16", tmp_path)


def test_numbers_that_leave_the_range_of_the_type_are_refused(tmp_path):
    source = matrix_source(tmp_path, scale=1e6)
    with pytest.raises(ValueError, match=r"matrix_fp16 answers with values that are not finite.*"):
        twins.make(source, "float16", tmp_path / "models")
