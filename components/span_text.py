"""Spans of a text as examples hold them: one value each, `begin`, `end` and type."""

Span = tuple[int, int, str]
"""Code points before it and up to its end, and its type; of an answer what stands there."""
SEPARATOR = "\t"
"""Between the three fields of a value; types have none."""


def encoded(span: Span) -> bytes:
    """The value of a span."""
    return SEPARATOR.join(map(str, span)).encode()


def decoded(value: str) -> Span:
    """The span of a value."""
    begin, end, kind = value.split(SEPARATOR)
    return int(begin), int(end), kind
