"""Tests of serving/rest/json/reader.py."""

import json
import math

import pytest

from serving.rest.json import reader


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "[]",
        "{}",
        ' {"a" : [1, -2.5, 3e-2, true, false, null], "b": {"c": []}} ',
        '"x\\n\\u00e9\\ud83d\\ude00/"',
        "[[[1], [2, 3]], [], [{}]]",
        "18446744073709551615",
        "-9223372036854775808",
        '"한글"',
        "[[[[1], 2], [3, [4]]], [5]]",
        '[{"a": [[[]]]}, {"a\\n": {"b": {}}}]',
        "[[1.5, -2e3 ,0] ,[7]]",
    ],
)
def test_reads_what_the_standard_reader_reads(text):
    assert reader.read(text.encode()) == json.loads(text)


def test_numbers_beyond_64_bits_are_floats():
    value = reader.read(b"18446744073709551616")
    assert isinstance(value, float) and value == 2.0**64


def test_reads_what_strict_readers_refuse():
    values = reader.read(b"[NaN, Inf, -Inf, Infinity, -Infinity] rest")
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, -math.inf, math.inf, -math.inf]


def test_infinite_numbers_keep_their_places():
    values = reader.read(b"[[1, Inf, 2], [-Infinity ,3], [-Inf], [4, NaN]]")
    assert values[:3] == [[1, math.inf, 2], [-math.inf, 3], [-math.inf]]
    assert values[3][0] == 4 and math.isnan(values[3][1])


def test_a_byte_order_mark_is_skipped():
    assert reader.read(b"\xef\xbb\xbf[1]") == [1]


def test_the_first_of_two_equal_keys_counts():
    assert reader.read(b'{"a": 1, "a": 2}') == {"a": 1}


def test_half_a_surrogate_pair_passes_if_it_is_the_second():
    value = reader.read(rb'"\uDE00"')
    assert value.encode("utf-8", "surrogateescape") == b"\xed\xb8\x80"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" ", "The document is empty. at offset: 1"),
        ("[1,]", "Invalid value. at offset: 3"),
        ("[1 2]", "Missing a comma or ']' after an array element. at offset: 3"),
        ('{"a": 1 "b"}', "Missing a comma or '}' after an object member. at offset: 8"),
        ('{"a" 1}', "Missing a colon after a name of object member. at offset: 5"),
        ("{1: 2}", "Missing a name for object member. at offset: 1"),
        ("]", "The document is empty. at offset: 0"),
        ("\ufeff[nul]", "Invalid value. at offset: 7"),
        ('"abc', "Missing a closing quotation mark in string. at offset: 4"),
        ('"a\n"', "Invalid escape character in string. at offset: 2"),
        ('"\\x"', "Invalid escape character in string. at offset: 1"),
        ('"\\u12g4"', "Incorrect hex digit after \\u escape in string. at offset: 1"),
        ('"\\ud800"', "The surrogate pair in string is invalid. at offset: 1"),
        ("[Infinit]", "Invalid value. at offset: 8"),
        ("[1, nan]", "Invalid value. at offset: 5"),
        ("[1, 2Inf]", "Missing a comma or ']' after an array element. at offset: 5"),
        ("[1, 2,]", "Invalid value. at offset: 6"),
        ("[1, -]", "Invalid value. at offset: 5"),
        ("[1, 1e999]", "Number too big to be stored in double. at offset: 4"),
        ("[[1]}", "Missing a comma or ']' after an array element. at offset: 4"),
        ('{"a": [[1]]]', "Missing a comma or '}' after an object member. at offset: 11"),
        ("1.", "Miss fraction part in number. at offset: 2"),
        ("1e", "Miss exponent in number. at offset: 2"),
        ("1e+", "Miss exponent in number. at offset: 3"),
        ("1e999", "Number too big to be stored in double. at offset: 0"),
    ],
)
def test_says_what_is_missing_and_where(text, message):
    with pytest.raises(ValueError) as caught:
        reader.read(text.encode())
    assert str(caught.value) == message
