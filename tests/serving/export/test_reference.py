"""Tests of serving/export/reference.py."""

import numpy as np
import pytest

from serving.export import reference


def test_strings_survive_nuls_emptiness_and_unequal_lengths(tmp_path):
    strings = np.array([[b"a\x00\x00", b"", b"\xff" * 5], [b"", "긴 글".encode(), b"\x00"]], object)
    numbers = np.arange(6, dtype="float32").reshape(3, 2)
    saved = {
        "serving_default": {"inputs": {"text": strings}, "outputs": {"probability": numbers}},
        "embed": {"inputs": {"text": strings[0]}, "outputs": {"a/b": np.array(7)}},
    }
    reference.save(tmp_path / "reference", saved)
    loaded = reference.load(tmp_path / "reference")
    assert loaded.keys() == saved.keys()
    for signature, kinds in saved.items():
        for kind, arrays in kinds.items():
            assert loaded[signature][kind].keys() == arrays.keys()
            for name, array in arrays.items():
                received = loaded[signature][kind][name]
                assert received.dtype == array.dtype
                np.testing.assert_array_equal(received, array)


def test_a_batch_without_strings_survives(tmp_path):
    saved = {"s": {"inputs": {"text": np.empty((0, 2), object)}, "outputs": {}}}
    reference.save(tmp_path / "r.npz", saved)
    loaded = reference.load(tmp_path / "r.npz")["s"]["inputs"]["text"]
    assert (loaded.shape, loaded.dtype) == ((0, 2), np.dtype(object))


def test_unknown_kinds_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"Received for s: \['input'\]"):
        reference.save(tmp_path / "r.npz", {"s": {"input": {}}})


def test_rounding_is_the_largest_distance_of_each_numeric_output(tmp_path):
    text = np.array([b"a"], object)
    outputs = {"label": text, "embedding": np.array([[1.0, 2.0]]), "none": np.empty((0, 2))}
    other = {"label": text, "embedding": np.array([[1.25, np.nan]]), "none": np.empty((0, 2))}
    answers = {"embed": {"inputs": {"text": text}, "outputs": outputs}}
    moved = {"embed": {"inputs": {"text": text}, "outputs": other}}
    reference.save(tmp_path / "r.npz", reference.with_rounding(answers, moved))
    assert reference.load(tmp_path / "r.npz")["embed"]["rounding"] == {"embedding": 0.25, "none": 0}
