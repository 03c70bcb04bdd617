"""Turn pydantic's validation errors into lines a person can act on.

Each line is `dotted.path: what is wrong. How to fix it`, in terms of the YAML
the user wrote, and all problems are reported together.
"""

import dataclasses
import math
import re
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pydantic

from pipeline import did_you_mean
from pipeline.config import bounds, dotted

_LOOKS_LIKE_A_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")
_EXPECTED = {
    "int_type": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "dataclass_type": "a mapping",
    "dataclass_exact_type": "a mapping",
    "mapping_type": "a mapping",
}
_OUT_OF_BOUNDS = (
    *("greater_than", "greater_than_equal", "less_than", "less_than_equal"),
    *("multiple_of", "too_short", "string_too_short", "string_pattern_mismatch"),
)
"""Errors of values that a field's annotation refuses."""


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    path: str
    """Dotted path of the field, as in `training.schedule.at[0]`; empty for the whole config."""
    text: str
    """What is wrong and how to fix it."""

    def is_at_or_below(self, path: str) -> bool:
        """Whether it is about what stands at a dotted path, or about a part of that."""
        return self.path == path or self.path.startswith((f"{path}.", f"{path}["))

    def __str__(self) -> str:
        return f"{self.path or 'config'}: {self.text}"


class ConfigError(ValueError):
    """A config is wrong; the message lists every problem found."""

    def __init__(self, source: str, problems: Sequence[Problem | str]):
        self.problems = [str(problem) for problem in problems]
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"{count} in {source}:", *(f"  {p}" for p in self.problems)]))


def describe(
    error: pydantic.ValidationError,
    data: Mapping[str, Any],
    root: type,
    written: Mapping[str, Any] | None = None,
) -> list[Problem]:
    """What pydantic found wrong, in words.

    Args:
        error: What pydantic raised for `data`.
        data: The parsed YAML.
        root: The dataclass `data` was validated against.
        written: The same YAML with every word as it is written, if it is known.
    """
    found = []
    errors = error.errors(include_url=False)
    for problem in errors:
        if problem["type"] == "too_short" and problem["input"]:
            continue  # What is left once wrong entries are out, and those are told.
        if _is_of_another_type(problem, errors):
            continue
        place = _locate(problem["loc"], data, root)
        word = _locate(problem["loc"], written or {}, root).value
        found.append(Problem(place.path, _explain(problem, place, word)))
    distinct = dict.fromkeys(found)
    # Where whole numbers and others may stand, pydantic tells of both.
    whole, any_ = (f"expected {_EXPECTED[kind]}" for kind in ("int_type", "float_type"))
    return [
        one
        for one in distinct
        if whole not in one.text
        or dataclasses.replace(one, text=one.text.replace(whole, any_)) not in distinct
    ]


def in_order(problems: Iterable[Problem], data: Mapping[str, Any]) -> list[Problem]:
    """The problems in the order of the YAML, each once; last what it does not have.

    Args:
        problems: In any order.
        data: The parsed YAML.
    """
    return sorted(dict.fromkeys(problems), key=lambda problem: _position(problem.path, data))


def _position(path: str, data: Any) -> list[float]:
    """Which entry of the YAML a path leads to, level by level."""
    if not path:
        return []
    path = path.removeprefix(".")
    if isinstance(data, list) and (step := re.match(r"\[(\d+)\]", path)):
        place = int(step[1])
        return [place, *_position(path[step.end() :], data[place] if place < len(data) else None)]
    if isinstance(data, Mapping):
        for place, (key, value) in enumerate(data.items()):
            if path == key or path.startswith((f"{key}.", f"{key}[")):
                return [place, *_position(path.removeprefix(key), value)]
    return [math.inf]


def _is_of_another_type(problem: Mapping[str, Any], errors: Sequence[Any]) -> bool:
    """Whether of a union's types another one is meant: its entries, or words, are told instead."""
    *union, branch = problem["loc"] or ("",)
    if not _names_a_type(branch):
        return False
    others = [other for other in errors if list(other["loc"][: len(union)]) == union]
    if isinstance(problem["input"], str):
        is_word = problem["type"] == "literal_error"
        return not is_word and any(other["type"] == "literal_error" for other in others)
    return any(len(other["loc"]) > len(problem["loc"]) for other in others)


@dataclasses.dataclass(frozen=True)
class _Place:
    """Where in a config a problem is."""

    path: str
    """As the user wrote it: `training.schedule.at[0]`."""
    value: Any
    """What stands there."""
    known: set[str]
    """Keys that may stand beside the last step of the path."""
    hint: Any
    """Type of the field, with its annotations."""


def _explain(problem: Mapping[str, Any], place: _Place, word: Any) -> str:
    """What is wrong in words; `word` is the value as the YAML has it, if that is known."""
    kind, context, value = problem["type"], problem.get("ctx", {}), place.value
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        return f"unknown key. {did_you_mean.suggest(problem['loc'][-1], place.known)}"
    if kind in _OUT_OF_BOUNDS:
        return bounds.explain(place.hint, value)
    if kind in ("missing", "missing_argument"):
        return "missing, and it has no default"
    if kind == "union_tag_not_found":
        tags = [tag.strip() for tag in str(context.get("discriminator", "'kind'")).split()]
        return f"needs the key {' '.join(tags)}"
    if kind == "union_tag_invalid":
        tags = re.findall(r"'([^']+)'", context["expected_tags"])
        kind_word = word.get("kind") if isinstance(word, Mapping) else None
        named = kind_word or context["tag"]
        return f"unknown kind {named!r}. {did_you_mean.suggest(named, tags)}"
    if kind == "literal_error":
        choices = re.findall(r"'([^']+)'", context["expected"])
        hint = did_you_mean.suggest(value, choices) if choices else ""
        text = f"expected {context['expected']}, received {value!r}{_quotes_hint(value, word)}"
        return f"{text}. {hint}".rstrip()
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_type":
        return f"expected text, received {value!r}{_quotes_hint(value, word)}"
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}, received {value!r}{_number_hint(value)}"
    message = problem["msg"][:1].lower() + problem["msg"][1:]
    return f"{message}, received {value!r}{_quotes_hint(value, word)}"


def _quotes_hint(value: Any, word: Any) -> str:
    """How to write a word that YAML takes for something else than text."""
    if not isinstance(value, bool | int | float | None):
        return ""
    if value is None and not word:
        return ". Nothing stands there" if word == "" else ""
    kind = "as nothing" if value is None else "as a number"
    if isinstance(value, bool):
        kind = f"as {str(value).lower()}"
    elif isinstance(word, str) and value is not None and str(value) != word:
        kind = f"as the number {value}"
    if not isinstance(word, str):
        return f". YAML reads the word {kind}; write it in quotes"
    return f". YAML reads the word {word} {kind}; write it in quotes: '{word}'"


def _number_hint(value: Any) -> str:
    if isinstance(value, str) and _LOOKS_LIKE_A_NUMBER.fullmatch(value):
        mantissa, exponent = re.split("[eE]", value)
        dotted = mantissa if "." in mantissa else f"{mantissa}.0"
        sign = exponent if exponent[0] in "+-" else f"+{exponent}"
        return f". YAML reads this as text; write {dotted}e{sign}"
    return ""


def _locate(location: tuple[int | str, ...], data: Any, hint: Any) -> _Place:
    """Path as the user wrote it, and what stands there.

    Pydantic's location also names the chosen member of a union (its tag or its
    class); the user never wrote those, so they are followed but not shown.
    """
    path, known = "", set[str]()
    for step in location:
        options = dotted.dataclasses_in(hint)
        chosen = [c for c in options if dotted.tag(c) == step or c.__name__ == step]
        is_written = isinstance(data, Mapping) and step in data
        if chosen and not is_written:
            hint = chosen[0]
            continue
        fields = {
            name: kind
            for option in options
            for name, kind in typing.get_type_hints(option, include_extras=True).items()
            if typing.get_origin(kind) is not typing.ClassVar
        }
        if not is_written and step not in fields and _names_a_type(step):
            continue
        known = set(fields)
        hint = fields.get(str(step)) if fields else dotted.element(hint)
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
        data = data[step] if _contains(data, step) else None
    return _Place(path, data, known, hint)


def _names_a_type(step: int | str) -> bool:
    """Whether a step is pydantic's name for a member of a union of plain types."""
    return isinstance(step, str) and ("[" in step or step in ("str", "int", "float", "bool"))


def _contains(data: Any, step: int | str) -> bool:
    if isinstance(data, Mapping):
        return step in data
    return isinstance(data, list | tuple) and isinstance(step, int) and step < len(data)
