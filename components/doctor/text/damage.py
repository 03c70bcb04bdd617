"""What happened to texts on their way: wrong encodings, markup, escapes, cuts."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from components.doctor.finding import Finding
from components.doctor.text import garbled

NAME = "text_damage"
_ROWS = 1_000  # of each split that are read
_LONGEST = 2_000  # characters of a text that are read
_FEWEST = 3  # rows of a kind that are worth a word
_EXCERPT = 60  # characters of a text that are shown
_FAIL = 0.5  # share of rows with lost characters from which texts are no texts
_TOLD = 0.2  # share of rows from which mere line breaks are mentioned
_HEAVY = 0.05  # share of a text's characters from which its line breaks are a burden
_ASKED = 0.3  # share of a text's visible characters that are question marks
_TWICE = 3  # words of a text, at least, that is there twice

_LOST = re.compile(r"\S*\ufffd\S*")
_ASKING = re.compile(r"\b[^\W\d_]+\?{1,3}[a-z\u00df-\u00ff][^\W\d_]*")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\b[\w.+-]+@[\w-]+\.[\w.-]+\b")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u2060\ufeff\ue000-\uf8ff\ud800-\udfff]"
)
_TAG = re.compile(
    r"</?[A-Za-z][A-Za-z0-9:-]*(?:\s[^<>]{0,300})?/?>|<!--|<!\[CDATA\[|"
    r"&(?:#\d+|#x[0-9A-Fa-f]+|[A-Za-z]+\d*);"
)
_BREAK = re.compile(r"</?br\s*/?>", re.IGNORECASE)
_MARKS = re.compile(
    r"\*\*[^*\n]+\*\*|~~[^~\n]+~~|!?\[[^\]\n]*\]\([^)\s]+\)|^#{1,6} \S.*$|^```|^\|.*\|$|^> \S"
    r"|\\[A-Za-z]{2,}(?=[{\\ ])|\[\[[^\]\n]+\]\]|\{\{[^}\n]+\}\}|'''[^'\n]+'''|^==+ .* ==+$"
    r"|\[/?[a-z]{1,5}\][^\[\n]*\[/",
    re.MULTILINE,
)
_ESCAPE = re.compile(
    r"\\[nrt](?![a-z])|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[\"'/]|%[0-9A-F]{2}[^\s%]*%[0-9A-F]{2}"
    r"|(?:=[0-9A-F]{2}){2,}|=\r?\n|(?<=\w)\"\"|\"\"(?=\w)"
)
_OBJECT = re.compile(r"\s*(?:b(['\"]).*\1|[{\[]\s*['\"].*[}\]])\s*", re.DOTALL)
_BLOB = re.compile(r"(?<![\w/])(?=[A-Za-z+/=_-]*\d)(?=[\d+/=_-]*[A-Za-z])[A-Za-z0-9+/=_-]{32,}")
_SPACED = re.compile(r"(?:(?<!\w)[^\W\d_]\s{1,3}){5,}[^\W\d_](?!\w)")
_STUTTER = re.compile(r"\b(\w+)(?:\W+\1\b){4,}")
_GLUED = re.compile(r"[A-Za-z\u00c0-\u024f]{31,}|\b(?:[^\W_]+[+_]){5,}[^\W_]+")
_ENDED = re.compile(r"[.!?\u2026\u3002\uff01\uff1f]['\")\]\u201d\u2019\u00bb]*\s*\Z")
_UNITS: dict[str, Callable[[str], int]] = {
    "characters": len,
    "bytes": lambda text: len(text.encode("utf-8", "surrogatepass")),
    "words": lambda text: len(text.split()),
}
_PILED = 0.03  # share of rows that end at the same length
_LEAST_LONG = {"characters": 20, "bytes": 20, "words": 12}
_LENGTHS = 6  # different lengths, at least, of texts that nobody composed from a template
_ABOVE = 5  # times as many rows as at the lengths before
_WINDOW = 10  # lengths before the longest that it is compared with
_UNENDED = 0.6  # share of the longest texts that end within a sentence


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of damage."""

    name: str
    """In the plural, as a person would say it."""
    find: Callable[[str], str]
    """A text to an example of the damage in it; empty if there is none."""
    share: float
    """Share of a split's rows from which it is told."""
    fix: str
    """What to do to the data, as the rest of a sentence."""
    is_loss: bool = False
    """Whether the text cannot be read any more."""


def text_damage(texts: Mapping[str, Sequence[str]]) -> Finding:
    """Look for what harms texts before a model sees them.

    Args:
        texts: By split, `train` among them.

    Returns:
        `warn` where a kind of damage is in more rows than in sound texts, `fail` where half of a
        split's texts are garbled; figures `shares` (by kind and split) and `examples` (by kind).
    """
    read = {split: part[:: max(1, -(-len(part) // _ROWS))] for split, part in texts.items()}
    shares: dict[str, dict[str, float]] = {}
    examples: dict[str, str] = {}
    told: list[Kind] = []
    worst = 0.0
    for kind in KINDS:
        found = {split: _find(kind, part) for split, part in read.items()}
        hits = {split: [example for example in every if example] for split, every in found.items()}
        shares[kind.name] = {s: len(hits[s]) / max(len(every), 1) for s, every in found.items()}
        if any(hits.values()):
            examples[kind.name] = next(every[0] for every in hits.values() if every)[:_EXCERPT]
        if any(len(hits[s]) >= _FEWEST and shares[kind.name][s] >= kind.share for s in hits):
            told.append(kind)
            worst = max([worst, *shares[kind.name].values()]) if kind.is_loss else worst
    cut = {split: cut_at(part) for split, part in texts.items()}
    figures = {"shares": shares, "examples": examples, "cut_at": cut}
    evidence = "; ".join(_told(kind, shares, examples) for kind in told)
    is_cut = [
        f"{share:.1%} of {split} end at {unit}" for split, (unit, share) in cut.items() if unit
    ]
    evidence = "; ".join([*([evidence] if evidence else []), *is_cut])
    if not evidence:
        return Finding(NAME, "pass", _nothing(texts), figures=figures)
    fixes = [kind.fix for kind in told]
    if is_cut:
        fixes.append("export whole texts: a column or tool on the way keeps only so many")
    return Finding(
        NAME,
        "fail" if worst >= _FAIL else "warn",
        f"Damaged texts: {evidence}.",
        "The model learns from what is no language: tokens are wasted on it, and where damage "
        "differs between sources, it is learned instead of the content. A served model will be "
        "asked about texts without it.",
        f"Mend the texts of `data.source`: {'; '.join(fixes)}.",
        figures,
    )


def _nothing(texts: Mapping[str, Sequence[str]]) -> str:
    breaks = np.mean([bool(_BREAK.search(text)) for text in texts["train"]] or [False])
    if breaks >= _TOLD:
        return f"{breaks:.0%} of the training texts have `<br>`, little of each; nothing else."
    return "No wrong encodings, markup, escapes or cuts in more than a few texts."


def _told(
    kind: Kind, shares: Mapping[str, Mapping[str, float]], examples: Mapping[str, str]
) -> str:
    said = ", ".join(f"{share:.1%} of {split}" for split, share in shares[kind.name].items())
    return f"{kind.name} in {said} (such as {examples[kind.name]!r})"


def _find(kind: Kind, texts: Sequence[str]) -> list[str]:
    return [kind.find(text[:_LONGEST]) for text in texts]


def _first(pattern: re.Pattern[str]) -> Callable[[str], str]:
    """An example of a pattern outside of addresses."""

    def find(text: str) -> str:
        found = pattern.search(_ADDRESS.sub(" ", text) if "." in text else text)
        return found.group() if found else ""

    return find


def _garbled(text: str) -> str:
    found = garbled.mend(text)
    if found is None:
        return ""
    return f"{found[0]} for {found[1]}" if found[1] else found[0]


def _lost(text: str) -> str:
    if found := _LOST.search(text):
        return found.group()
    visible = "".join(text.split())
    if visible.count("?") > max(_FEWEST, _ASKED * len(visible)):
        return text
    return _first(_ASKING)(text)


def _html(text: str) -> str:
    tags = (found.group() for found in _TAG.finditer(text))
    return next((tag for tag in tags if not _BREAK.fullmatch(tag)), "")


def _breaks(text: str) -> str:
    found = [tag.group() for tag in _BREAK.finditer(text)]
    return found[0] if sum(map(len, found)) > _HEAVY * len(text) else ""


def _object(text: str) -> str:
    return text.strip() if _OBJECT.fullmatch(text) else ""


def _twice(text: str) -> str:
    words = text.split()
    half = len(words) // 2
    return text if half >= _TWICE and words[:half] == words[half : 2 * half] else ""


def _without_letters(text: str) -> str:
    return "" if any(map(str.isalpha, text)) else text.strip()


def _address(text: str) -> str:
    found = _ADDRESS.search(text)
    return found.group() if found else ""


KINDS = (
    Kind(
        "wrongly decoded characters",
        _garbled,
        0.01,
        "read them in the encoding that they were written in (`data.source.encoding` for tables), "
        "not another one",
        is_loss=True,
    ),
    Kind(
        "characters lost to '\ufffd' or '?'",
        _lost,
        0.01,
        "export them again in UTF-8; what became '\ufffd' or '?' cannot be restored from here",
        is_loss=True,
    ),
    Kind(
        "invisible control characters",
        lambda text: repr(found.group())[1:-1] if (found := _INVISIBLE.search(text)) else "",
        0.1,
        "remove control characters, byte order marks and soft hyphens",
    ),
    Kind("HTML", _html, 0.02, "take the text out of its HTML and unescape `&...;`"),
    Kind("HTML line breaks", _breaks, 0.25, "replace `<br>` by a space"),
    Kind("Markdown or wiki markup", _first(_MARKS), 0.05, "strip the markup"),
    Kind(
        "escape sequences",
        _first(_ESCAPE),
        0.02,
        "decode them once (JSON, URLs, quoted-printable) instead of taking them as text",
    ),
    Kind("whole JSON or Python objects", _object, 0.02, "take the field with the text out of them"),
    Kind("encoded blobs", _first(_BLOB), 0.02, "remove hashes, base64 and other encoded data"),
    Kind(
        "web or mail addresses",
        _address,
        0.2,
        "replace addresses by one word, unless they are what decides",
    ),
    Kind("letters set apart", _first(_SPACED), 0.02, "join letters that spaces set apart"),
    Kind("words run together", _first(_GLUED), 0.02, "keep the spaces between words"),
    Kind("words said again and again", _first(_STUTTER), 0.02, "remove the repetitions"),
    Kind("texts that are there twice", _twice, 0.02, "keep each text once within its row"),
    Kind(
        "texts without a letter",
        _without_letters,
        0.05,
        "check that `task` names the column with the texts",
    ),
)
"""Shares are above those of reviews, news, captions, tweets-like sentences and documentation in
English, German, French and Korean, which hold a few of most kinds."""


def cut_at(texts: Sequence[str]) -> tuple[str, float]:
    """Tell a length at which texts were cut before they came here.

    Args:
        texts: Of one split.

    Returns:
        The length with its unit, such as `280 characters`, and the share of texts that are just
        that long; empty and 0 if no such length stands out.
    """
    for unit, measure in _UNITS.items():
        lengths = np.array([measure(text) for text in texts], int)
        if len(np.unique(lengths)) < _LENGTHS or lengths.max() < _LEAST_LONG[unit]:
            continue
        longest = int(lengths.max())
        at_end = lengths == longest
        before = np.mean([np.sum(lengths == longest - gap) for gap in range(1, _WINDOW + 1)])
        if at_end.sum() < max(_ABOVE, _PILED * len(texts), _ABOVE * before):
            continue
        cut = [not _ENDED.search(texts[row][-_WINDOW:]) for row in np.flatnonzero(at_end).tolist()]
        if np.mean(cut) >= _UNENDED:
            return f"{longest:,} {unit}", float(np.mean(at_end))
    return "", 0.0
