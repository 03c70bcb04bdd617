"""A TensorFlow 1 SavedModel: classify, regress and a counter, a table of words in an asset."""

import pathlib

import tensorflow as tf

v1 = tf.compat.v1
CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"
PREDICT = "tensorflow/serving/predict"
WORDS = ["zero", "하나", "two"]


def export(path: pathlib.Path, *, is_init_op_legacy: bool = False) -> pathlib.Path:
    """Write a model of y = x / 2 + 2 with the signatures below, tagged `serve` and `serve`, `gpu`.

    Args:
        path: Folder to write to.
        is_init_op_legacy: Whether the table is filled by a legacy init op instead of a main op.
    """
    words = path.parent / f"{path.name}_words.txt"
    words.write_text("\n".join(WORDS) + "\n")
    builder = v1.saved_model.Builder(str(path))
    with tf.Graph().as_default(), v1.Session() as session:
        signatures = _build(words)
        session.run(v1.global_variables_initializer())
        init = "legacy_init_op" if is_init_op_legacy else "main_op"
        builder.add_meta_graph_and_variables(
            session,
            ["serve"],
            signatures,
            assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
            **{init: v1.tables_initializer()},
        )
        builder.add_meta_graph(["serve", "gpu"], {"other": signatures["serving_default"]})
    builder.save()
    return path


def _build(words: pathlib.Path) -> dict:
    a = v1.get_variable("a", initializer=0.5, use_resource=False)
    b = v1.get_variable("b", initializer=2.0, use_resource=True)
    examples = v1.placeholder(tf.string, [None], "tf_example")
    features = {
        "x": tf.io.FixedLenFeature([], tf.float32, 0.0),
        "shift": tf.io.FixedLenFeature([], tf.float32, 0.0),
    }
    parsed = tf.io.parse_example(examples, features)
    y = a * parsed["x"] + b + parsed["shift"]
    x = v1.placeholder(tf.float32, [None], "x")
    index = tf.lookup.TextFileIndex
    # Adds its file to the collection of assets by itself.
    rows = tf.lookup.TextFileInitializer(
        str(words), tf.int64, index.LINE_NUMBER, tf.string, index.WHOLE_LINE
    )
    table = v1.lookup.StaticHashTable(rows, "?")
    indices = tf.tile([[0, 1, 2]], [tf.size(y), 1])
    classes = table.lookup(tf.cast(indices, tf.int64))
    scores = y[:, None] * [[1.0, 2.0, 3.0]]
    column = y[:, None]
    return {
        "serving_default": _signature(PREDICT, {"x": x}, {"y": a * x + b}),
        "classify": _signature(
            CLASSIFY, {"inputs": examples}, {"classes": classes, "scores": scores}
        ),
        "classify_scores": _signature(CLASSIFY, {"inputs": examples}, {"scores": column}),
        "classify_classes": _signature(CLASSIFY, {"inputs": examples}, {"classes": classes}),
        "regress": _signature(REGRESS, {"inputs": examples}, {"outputs": column}),
        "regress_flat": _signature(REGRESS, {"inputs": examples}, {"outputs": y}),
        **_odd_signatures(examples, y, scores, classes),
        **_counter(),
    }


def _odd_signatures(examples, y, scores, classes) -> dict:
    """What Classify and Regress have to refuse."""
    integers = tf.cast(y, tf.int32)
    outputs = {
        "odd_regress_matrix": (REGRESS, {"outputs": scores}),
        "odd_regress_int": (REGRESS, {"outputs": integers}),
        "odd_regress_short": (REGRESS, {"outputs": y[:1]}),
        "odd_regress_name": (REGRESS, {"y": y}),
        "odd_classify_vector": (CLASSIFY, {"scores": y}),
        "odd_classify_int": (CLASSIFY, {"scores": integers[:, None]}),
        "odd_classify_labels": (CLASSIFY, {"classes": scores}),
        "odd_classify_short": (CLASSIFY, {"scores": scores[:1]}),
        "odd_classify_sizes": (CLASSIFY, {"classes": classes[:, :2], "scores": scores}),
        "odd_classify_name": (CLASSIFY, {"y": scores}),
        "odd_classify_three": (CLASSIFY, {"scores": scores, "classes": classes, "y": y}),
    }
    signatures = {
        name: _signature(method, {"inputs": examples}, values)
        for name, (method, values) in outputs.items()
    }
    two = {"inputs": examples, "more": examples}
    signatures["odd_two_inputs"] = _signature(REGRESS, two, {"outputs": y})
    signatures["odd_input_name"] = _signature(REGRESS, {"x": examples}, {"outputs": y})
    return signatures


def _counter() -> dict:
    counter = v1.get_variable("counter", initializer=0.0, use_resource=False)
    return {
        "get_counter": _signature(PREDICT, {}, {"output": tf.identity(counter)}),
        "incr_counter": _signature(PREDICT, {}, {"output": v1.assign_add(counter, 1.0)}),
        "reset_counter": _signature(PREDICT, {}, {"output": v1.assign(counter, 0.0)}),
    }


def _signature(method: str, inputs: dict, outputs: dict):
    def info(tensors):
        return {k: v1.saved_model.utils.build_tensor_info(t) for k, t in tensors.items()}

    build = v1.saved_model.signature_def_utils.build_signature_def
    return build(info(inputs), info(outputs), method)
