"""Command-line flags with TensorFlow Serving's syntax and manners.

`--name=value`; a bool also as `--name`. An argument that is no flag is told
and otherwise ignored; a value of the wrong type, or `--help`, ends in the usage.
Source of the syntax: TensorFlow, `core/util/command_line_flags.cc`. The flags
themselves are in `serving/command/flag_table.py`.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence

Value = bool | int | float | str

_WHOLE = re.compile(r"\s*[+-]?[0-9]+")
_DECIMAL = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_LARGEST = {"int32": 2**31 - 1, "int64": 2**63 - 1}
_EXPECTED = {
    "bool": "true or false",
    "int32": "a whole number of at most 32 bits",
    "int64": "a whole number of at most 64 bits",
    "float": "a number",
    "string": "text",
}


@dataclasses.dataclass(frozen=True)
class Flag:
    """One flag."""

    name: str
    """Without the dashes."""
    type: str
    """`bool`, `int32`, `int64`, `float` or `string`."""
    default: Value
    """Value if the flag is not given."""
    help: str
    """What it does, for the usage."""
    ignored: str = ""
    """Why another value than the default has no effect here; empty if it has one."""


@dataclasses.dataclass(frozen=True)
class Parsed:
    """What a command line says."""

    values: Mapping[str, Value]
    """Value by flag, defaults included."""
    given: frozenset[str]
    """Names of the flags that were on the command line."""
    unknown: tuple[str, ...]
    """Arguments that are no flag."""
    problems: tuple[str, ...]
    """Values that could not be read, worded; nothing may start if there are any."""
    wants_help: bool
    """Whether `--help` was given."""


def parse(flags: Iterable[Flag], arguments: Sequence[str]) -> Parsed:
    """Read a command line; of a flag given twice the last value counts.

    Args:
        flags: What may be given.
        arguments: Without the program's name. What follows `--` is no flag.
    """
    known = {flag.name: flag for flag in flags}
    values = {flag.name: flag.default for flag in known.values()}
    given: set[str] = set()
    unknown: list[str] = []
    problems: list[str] = []
    end = arguments.index("--") if "--" in arguments else len(arguments)
    for argument in arguments[:end]:
        name, equals, text = argument.removeprefix("--").partition("=")
        flag = known.get(name) if argument.startswith("--") else None
        if flag is None or (flag.type != "bool" and not equals):
            unknown.append(argument)
            continue
        try:
            values[name] = _read(flag.type, text if equals else "true")
            given.add(name)
        except ValueError:
            problems.append(
                f"Couldn't interpret value {text} for flag {name}. Expected {_EXPECTED[flag.type]}."
            )
    wants_help = "--help" in unknown
    unknown += arguments[end:]
    return Parsed(values, frozenset(given), tuple(unknown), tuple(problems), wants_help)


def usage(program: str, flags: Iterable[Flag]) -> str:
    """The text of `--help`: one line per flag with its default, type and meaning."""
    lines = [f"usage: {program}", "Flags:"]
    for flag in flags:
        shown = f"--{flag.name}={_show(flag)}"
        text = flag.help + (f" (No effect here: {flag.ignored}.)" if flag.ignored else "")
        lines.append(f"\t{shown:<33}\t{flag.type}\t{text}")
    return "\n".join(lines) + "\n"


def without_effect(flags: Iterable[Flag], parsed: Parsed) -> list[str]:
    """A warning for every flag whose value asks for what is not here."""
    return [
        f"--{flag.name}={_show(dataclasses.replace(flag, default=parsed.values[flag.name]))} has "
        f"no effect here: {flag.ignored}."
        for flag in flags
        if flag.ignored and parsed.values[flag.name] != flag.default
    ]


def _read(type_name: str, text: str) -> Value:
    if type_name == "string":
        return text
    if type_name == "bool":
        if text not in ("true", "false"):
            raise ValueError(text)
        return text == "true"
    pattern = _DECIMAL if type_name == "float" else _WHOLE
    if not pattern.fullmatch(text):
        raise ValueError(text)
    if type_name == "float":
        return float(text)
    number = int(text)
    if not -_LARGEST[type_name] - 1 <= number <= _LARGEST[type_name]:
        raise ValueError(text)
    return number


def _show(flag: Flag) -> str:
    if flag.type == "bool":
        return "true" if flag.default else "false"
    if flag.type == "float":
        return f"{flag.default:f}"
    return f'"{flag.default}"' if flag.type == "string" else str(flag.default)
