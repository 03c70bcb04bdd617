"""Parse YAML, and keep how each of its words is written."""

import re
from typing import Any

import yaml

_MOST_VALUES = 100_000
# With what anchors repeat: a few lines of anchors of anchors can stand for more than memory.
_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"
# Two escapes of a pair, as JSON writes an emoji, are one character.
_HALF = re.compile("[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]")


def parse(text: str) -> tuple[Any, Any]:
    """What a YAML text says, and the same with every word as it is written.

    The second is for messages: YAML reads `no`, `~`, `1_000` and `12:30` as false, nothing,
    1000 and 750.

    Raises:
        ValueError: If it is not YAML, gives a key twice, stands for more than any config needs, or
            holds what is no character.
    """
    try:
        data, written = yaml.load(text, Loader=_Loader), yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise ValueError(_one_line(error)) from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        # What PyYAML meets where a tag and its value do not fit, as in `!!bool maybe`.
        raise ValueError(f"a tag (`!!...`) does not fit its value ({error})") from error
    _check_values(data)
    return data, written


def _check_values(data: Any) -> None:
    left, count = [data], 0
    while left:
        value = left.pop()
        count += 1
        if count > _MOST_VALUES:
            raise ValueError(
                f"its anchors stand for more than {_MOST_VALUES:,} values, or for what they are "
                "inside of"
            )
        if isinstance(value, str) and _HALF.search(value):
            raise ValueError(
                f"{value!r} holds half of a character, by an escape from \\uD800 to \\uDFFF. Write "
                "the character itself; if it is part of a name that is not UTF-8, rename the file"
            )
        if isinstance(value, dict):
            left.extend(value)
            left.extend(value.values())
        elif isinstance(value, list | set | tuple):
            left.extend(value)


class _Loader(yaml.SafeLoader):
    """YAML whose keys are words, and a key given twice is an error, not silently the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build one mapping, refusing repeated keys."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # YAML's own loader refuses it.
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} is given twice", key.start_mark
                )
            seen.add(key.value)
            if key.tag != _MERGE:
                key.tag = _TEXT  # Labels may be called `no` or `1`.
        return super().construct_mapping(node, deep)


def _as_text(loader: _Loader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


# No field is a date, but a column may be called one; `=` is nothing special here.
for _tag in ("timestamp", "value"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _as_text)


def _one_line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    return f"{getattr(error, 'problem', None) or error}{where}"
