"""Tests of pipeline/config/problems.py, most with dataclasses of its own."""

import dataclasses
import json
from typing import Annotated, Literal

import pydantic
import pytest
import yaml

from pipeline.config import loading, problems


@dataclasses.dataclass(frozen=True)
class Circle:
    radius: float
    kind: Literal["circle"] = "circle"


@dataclasses.dataclass(frozen=True)
class Square:
    side: float
    corners: tuple[int, ...] = ()
    kind: Literal["square"] = "square"


@pydantic.with_config(pydantic.ConfigDict(extra="forbid", strict=True))
@dataclasses.dataclass(frozen=True)
class Drawing:
    shape: Annotated[Circle | Square, pydantic.Field(discriminator="kind")]
    others: dict[str, Circle] = dataclasses.field(default_factory=dict)
    scale: int | None = None
    value: int | str = 0
    pen: Literal["fine", "broad"] = "fine"


def describe(**data):
    try:
        pydantic.TypeAdapter(Drawing).validate_json(json.dumps(data), strict=True)
    except pydantic.ValidationError as error:
        return [str(problem) for problem in problems.describe(error, data, Drawing)]
    return []


CIRCLE = {"kind": "circle", "radius": 1.0}


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ({"shape": CIRCLE}, []),
        ({}, ["shape: missing, and it has no default"]),
        ({"shape": {"kind": "circle"}}, ["shape.radius: missing, and it has no default"]),
        ({"shape": {"radius": 1.0}}, ["shape: needs the key 'kind'"]),
        (
            {"shape": {"kind": "cirle", "radius": 1.0}},
            ["shape: unknown kind 'cirle'. Did you mean 'circle'?"],
        ),
        (
            {"shape": CIRCLE | {"side": 1}},
            ["shape.side: unknown key. Known: kind, radius."],
        ),
        (
            {"shape": {"kind": "square", "side": "2e3", "corners": [1, 2.5]}},
            [
                "shape.side: expected a number, received '2e3'. YAML reads this as text; write "
                "2.0e+3",
                "shape.corners[1]: expected an integer, received 2.5",
            ],
        ),
        (
            {"shape": CIRCLE, "others": {"second": {"radius": "x"}}},
            ["others.second.radius: expected a number, received 'x'"],
        ),
        (
            {"shape": CIRCLE, "others": {"kind": {"radius": True}}},
            ["others.kind.radius: expected a number, received True"],
        ),
        ({"shape": CIRCLE, "scale": "big"}, ["scale: expected an integer, received 'big'"]),
        (
            {"shape": CIRCLE, "pen": "fin"},
            ["pen: expected 'fine' or 'broad', received 'fin'. Did you mean 'fine'?"],
        ),
        ({"shape": [CIRCLE]}, [f"shape: expected a mapping, received [{CIRCLE}]"]),
    ],
)
def test_each_problem_is_one_line_with_its_path(data, lines):
    assert describe(**data) == lines


def test_a_union_of_plain_types_is_one_place_to_the_user():
    lines = describe(shape=CIRCLE, value=[])
    assert lines == [
        "value: expected an integer, received []",
        "value: expected text, received []",
    ]


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("1e-3", "write 1.0e-3"),
        ("1E5", "write 1.0e+5"),
        ("-2.5e3", "write -2.5e+3"),
        ("1.e4", "write 1.e+4"),
    ],
)
def test_numbers_that_yaml_reads_as_text_are_spelled_out(written, hint):
    (line,) = describe(shape={"kind": "circle", "radius": written})
    assert line.endswith(hint)
    assert isinstance(yaml.safe_load(hint.removeprefix("write ")), float)


def test_one_problem_is_not_called_problems():
    assert str(problems.ConfigError("a.yaml", ["x: y"])) == "1 problem in a.yaml:\n  x: y"


def test_an_anchor_inside_itself_is_no_config(tmp_path):
    path = tmp_path / "loop.yaml"
    path.write_text("name: &loop [*loop]\n", "utf-8")
    with pytest.raises(problems.ConfigError, match=r"loop.yaml"):
        loading.load(path)
