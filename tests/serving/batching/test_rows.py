"""Tests of serving/batching/rows.py."""

import numpy as np
import pytest

from serving import errors
from serving.batching import rows


def test_rows_are_those_of_every_input():
    assert rows.count({"a:0": np.zeros((3, 2)), "b:0": np.zeros(3)}) == 3


@pytest.mark.parametrize(
    ("feeds", "text"),
    [
        ({}, "Batching Run() must have at least one input tensor"),
        (
            {"a:0": np.zeros((3, 2)), "b:0": np.float32(1)},
            "Batching Run() input tensors must have at least one dimension",
        ),
        (
            {"a:0": np.zeros((3, 2)), "b:0": np.zeros(2)},
            "Batching Run() input tensors must have equal 0th-dimension size",
        ),
    ],
)
def test_inputs_without_common_rows_are_refused(feeds, text):
    with pytest.raises(errors.ServingError) as caught:
        rows.count(feeds)
    assert (caught.value.code, caught.value.text) == ("INVALID_ARGUMENT", text)


def test_a_single_array_is_not_copied():
    array = np.zeros((3, 2))
    assert rows.merge("x:0", [array], 0, False) is array


def test_rows_are_stacked_and_filled_up_with_row_0_of_the_last_array():
    merged = rows.merge("x:0", [np.array([[1], [2]]), np.array([[3], [4], [5]])], 2, False)
    assert merged.tolist() == [[1], [2], [3], [4], [5], [3], [3]]


def test_an_array_without_rows_is_not_what_is_repeated():
    merged = rows.merge("x:0", [np.array([[7], [8]]), np.zeros((0, 1), int)], 1, False)
    assert merged.tolist() == [[7], [8], [7]]


def test_strings_keep_their_bytes():
    first, second = np.array([b"a\x00b", b""], object), np.array([b"a much longer text"], object)
    merged = rows.merge("x:0", [first, second], 1, False)
    assert merged.dtype == object
    assert merged.tolist() == [b"a\x00b", b"", b"a much longer text", b"a much longer text"]


def test_different_shapes_are_refused_where_padding_is_off():
    with pytest.raises(errors.ServingError) as caught:
        rows.merge("x:0", [np.zeros((1, 2)), np.zeros((1, 3))], 0, False)
    assert caught.value.code == "FAILED_PRECONDITION"
    assert caught.value.text == (
        "Tensors with name 'x:0' from different tasks have different shapes and padding is turned "
        "off. Set pad_variable_length_inputs to true, or ensure that all tensors with the same "
        "name have equal dimensions starting with the first dim."
    )


def test_lengths_are_padded_with_the_first_element_of_each_array():
    merged = rows.merge("x:0", [np.array([[[1, 2]]]), np.array([[[3], [4], [5]]])], 0, True)
    assert merged.tolist() == [[[1, 2], [1, 1], [1, 1]], [[3, 3], [4, 3], [5, 3]]]


def test_strings_are_padded_too_and_padding_rows_after_that():
    first, second = np.array([[b"a", b"b"]], object), np.array([[b"c"]], object)
    merged = rows.merge("x:0", [first, second], 1, True)
    assert merged.tolist() == [[b"a", b"b"], [b"c", b"c"], [b"c", b"c"]]


def test_an_empty_array_has_no_element_to_pad_with():
    with pytest.raises(errors.ServingError) as caught:
        rows.merge("x:0", [np.zeros((1, 2)), np.zeros((1, 0))], 0, True)
    assert (caught.value.code, caught.value.text) == (
        "INVALID_ARGUMENT",
        "Got empty tensor in batch of non-empty tensors.",
    )


def test_different_ranks_cannot_be_padded():
    with pytest.raises(errors.ServingError, match=r"'x:0'.* different numbers of dimensions, \[1"):
        rows.merge("x:0", [np.zeros((1, 2)), np.zeros(1)], 0, True)


def test_outputs_need_a_row_for_every_input_row():
    rows.check_outputs([np.zeros((3, 1)), np.zeros(3)], 3)
    with pytest.raises(errors.ServingError, match="^FAILED_PRECONDITION: Batched output tensor ha"):
        rows.check_outputs([np.zeros(3), np.float32(1)], 3)
    with pytest.raises(
        errors.ServingError,
        match="Batched output tensor's 0th dimension does not equal the sum of the 0th dimension "
        "sizes of the input tensors$",
    ):
        rows.check_outputs([np.zeros(2)], 3)
