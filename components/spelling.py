"""Labels that look like one label, written in several ways.

Each is learned as a class of its own, and its rows are errors of the others. Nothing here is
certain, so nothing is changed by it: people are told which labels, and decide.
"""

import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from components import typos

INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]"
)
"""Characters that nobody sees, white space not among them. Tags are: they tell flags apart."""
HIDDEN = re.compile("(?![\u061c\u200c-\u200f\ufe0e\ufe0f])" + INVISIBLE.pattern)
"""Those that no script and no emoji needs."""
QUOTES = "\"'`´‘’‚‛“”„‟«»‹›「」『』"
"""Signs that stand around a word and are no part of it."""
_APOSTROPHES = str.maketrans("‘’ʼ`´", "'" * 5)
_BRACKETS = ("[]", "()", "{}", "<>", "【】", "〈〉", "《》")
_ENDS = ".,;:!?。、…·"
_DASHES = "\\s_\u00b7\u2010-\u2015\u2212\\-"
_BETWEEN_LETTERS = re.compile(
    rf"(?<=[^\W\d_])[{_DASHES}]+(?=[^\W_])|(?<=\d)[{_DASHES}]+(?=[^\W\d_])"
)
_BETWEEN_DIGITS = re.compile(rf"(?<=\d)[{_DASHES}]+(?=\d)")
_INTEGER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d{1,40})(?:\.(0*))?")
_RADICAL = re.compile("[\u2e80-\u2fdf]")  # They look like the characters that they are part of.
_POWER = re.compile(r"(\d)(?:\.(\d{1,15}))?e\+(\d{1,2})")
_FRACTION = re.compile(r"[+-]?(\d+)\.(\d{2,})")
_LONGEST = 500  # characters of a label that are looked past anything in
_FEW_CHARACTERS = 10
"""Labels up to which single characters are not taken for an alphabet."""
# Letters that cannot be told apart in most fonts; lower case, since case is folded before.
_CYRILLIC = str.maketrans("авекмнорстухіјѕһԁԛԝӏ", "abekmhopctyxijshdqwl")
_GREEK = str.maketrans("αβεζικνορτυχγ", "abezikvoptuxy")
# Words for yes and no: two of these in one set of labels say the same.
_YES_NO = (
    *(("true", "false"), ("t", "f"), ("yes", "no"), ("y", "n"), ("1", "0"), ("on", "off")),
    *(("positive", "negative"), ("pos", "neg"), ("긍정", "부정"), ("참", "거짓"), ("예", "아니오")),
)
_HIDDEN, _SPACE = "invisible characters", "white space"
_SCRIPT = "letters of another script that look the same"
_NUMBER, _WORDS = "how a number is written", "words for yes and no"


class Alike(NamedTuple):
    """Labels that look like one."""

    spellings: tuple[str, ...]
    """The one to keep first: it has training rows, and most rows."""
    difference: str
    """What they differ in, in words."""


def alike(classes: Mapping[str, Mapping[str, int]]) -> list[Alike]:
    """Find labels that look like one label, the ones with the most rows first.

    Args:
        classes: Rows by split and label; of splits, `train` is told from the others.
    """
    rows = _totals(classes)
    train = classes.get("train", {})
    found = []
    taken: set[str] = set()
    for labels, difference in (*_same_form(rows), *typos.find(rows, train)):
        # A typing error of a label that has two spellings is told with the first of them only.
        if taken.isdisjoint(labels[1:]):
            ordered = sorted(labels, key=lambda x: (not train.get(x), -rows[x], x))
            found.append(Alike(tuple(ordered), difference))
            taken.update(labels)
    return sorted(found, key=lambda one: -sum(rows[label] for label in one.spellings))


def describe(one: Alike, classes: Mapping[str, Mapping[str, int]]) -> str:
    """Which labels look alike, with their rows by split, and what differs."""
    as_codes = _look_the_same(one)
    counted = [
        f"{shown(label, as_codes)} ({rows_by_split(label, classes)})" for label in one.spellings
    ]
    return f"{', '.join(counted)}: {one.difference}"


def rows_by_split(label: str, classes: Mapping[str, Mapping[str, int]]) -> str:
    """Rows of a label as `train 8, eval 2`; splits without one are left out."""
    ordered = sorted(classes, key=lambda split: (split != "train", split))
    counts = {split: classes[split].get(label, 0) for split in ordered}
    return ", ".join(f"{split} {count}" for split, count in counts.items() if count)


def mend(one: Alike) -> str:
    """What to do if these labels are one."""
    as_codes = _look_the_same(one)
    first, *others = (shown(label, as_codes) for label in one.spellings)
    return f"rename {', '.join(others)} to {first}"


def shown(label: str, as_codes: bool = False) -> str:
    """A label in quotes, for people.

    Args:
        label: Any text.
        as_codes: Whether letters beyond ASCII become escapes, too.
    """
    seen = visible(label)
    if as_codes:
        seen = seen.encode("ascii", "backslashreplace").decode()
    return f'"{seen}"' if "'" in seen and '"' not in seen else f"'{seen}'"


def visible(label: str, longest: int = 60) -> str:
    """A label on one line, not longer than that, with escapes for what nobody would see.

    Args:
        label: Any text.
        longest: Characters of the label that are shown.
    """
    cut = label if len(label) <= longest else label[: longest - 1] + "…"
    # What is printable may still be empty, such as a Hangul filler.
    return "".join(
        c if c.isprintable() and not HIDDEN.match(c) else c.encode("unicode_escape").decode()
        for c in cut
    )


def _look_the_same(one: Alike) -> bool:
    """Whether the labels must be shown by code points to be told apart."""
    return _SCRIPT in one.difference or any(map(_RADICAL.search, one.spellings))


def _totals(classes: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    rows: dict[str, int] = defaultdict(int)
    for counts in classes.values():
        for label, count in counts.items():
            rows[label] += count
    return dict(rows)


def _same_form(labels: Collection[str]) -> Iterable[tuple[list[str], str]]:
    """Groups of labels that one of the steps makes equal, with what differs."""
    steps = _steps(labels)
    forms = {x: _apply(steps, x) if len(x) <= _LONGEST else x for x in labels}
    yes_no = _answers(set(forms.values()))
    groups = defaultdict(list)
    for label, form in forms.items():
        groups[yes_no.get(form, form)].append(label)
    for members in groups.values():
        if len(members) > 1:
            yield members, _difference(members, steps)


Step = tuple[str, Callable[[str], str]]


def _apply(steps: Sequence[Step], label: str) -> str:
    if label.isascii() and label.isalnum() and len(steps) > len(_ALWAYS):
        # All that the steps would do, for most labels there are.
        return steps[-1][1](label) if label.isdigit() else label.casefold()
    for _, step in steps:
        label = step(label) or label
    return label


def _difference(labels: list[str], steps: Sequence[Step]) -> str:
    """The steps that bring labels together, in words."""
    names = []
    forms = set(labels)
    for name, step in steps:
        after = {form: step(form) or form for form in forms}
        changed = sum(form != became for form, became in after.items())
        # What changes all of them alike is no difference.
        if len(set(after.values())) < len(forms) or 0 < changed < len(forms):
            names.append(name)
        forms = set(after.values())
    return " and ".join(names) if len(forms) == 1 else _WORDS


def _steps(labels: Collection[str]) -> list[Step]:
    """What to look past in these labels; of an alphabet, case and script are the point."""
    if len(labels) > _FEW_CHARACTERS and all(len(label) <= 2 for label in labels):
        singles = sum(len(INVISIBLE.sub("", label)) == 1 for label in labels)
        if singles > len(labels) / 2:
            return list(_ALWAYS)
    codes = {(m[1], len(m[2])) for m in map(_FRACTION.fullmatch, labels) if m and int(m[2])}
    return [*_STEPS, (_NUMBER, lambda form: _number(form, codes))]


def _answers(forms: set[str]) -> dict[str, str]:
    """Forms to `yes` or `no`, where all of them are such words, of more than one pair."""
    pairs = [tuple(map(typos.letters, pair)) for pair in _YES_NO]
    known = {word: side for pair in pairs for word, side in zip(pair, "+-", strict=True)}
    if (
        not any(forms.issuperset(pair) for pair in pairs)
        or len(forms) < 3
        or not forms <= known.keys()
    ):
        return {}
    return {form: known[form] for form in forms}


def _without_marks(form: str) -> str:
    """Without quotes and brackets around it."""
    form = form.translate(_APOSTROPHES).strip().strip(QUOTES).strip()
    if len(form) > 2 and form[0] + form[-1] in _BRACKETS:
        return form[1:-1].strip().strip(QUOTES).strip()
    return form


def _joined(form: str) -> str:
    return _BETWEEN_DIGITS.sub("-", _BETWEEN_LETTERS.sub("", form))


def _in_latin(form: str) -> str:
    # Single Greek letters are symbols: alpha is no a.
    return (form.translate(_GREEK) if len(form) > 1 else form).translate(_CYRILLIC)


def _number(form: str, codes: Collection[tuple[str, int]]) -> str:
    """A whole number in one way; `250.00` is none where there is `250.01`: these are codes."""
    if power := _POWER.fullmatch(form):
        digits = power[1] + (power[2] or "").rstrip("0")
        zeros = int(power[3]) - len(digits) + 1
        return digits + "0" * zeros if zeros >= 0 else form
    found = _INTEGER.fullmatch(form)
    if not found or (found[2], len(found[3] or "")) in codes:
        return form
    value = int(found[2].replace(",", ""))
    return f"-{value}" if found[1] == "-" and value else str(value)


_STEPS: tuple[Step, ...] = (
    ("HTML entities", html.unescape),
    (_HIDDEN, lambda form: INVISIBLE.sub("", form)),
    (_SPACE, lambda form: " ".join(form.split())),
    ("full width or other forms of characters", lambda form: unicodedata.normalize("NFKC", form)),
    ("capital letters", str.casefold),
    ("quotes or brackets", _without_marks),
    ("punctuation at the end", lambda form: form.rstrip(_ENDS + " ")),
    ("hyphens, underscores or spaces", _joined),
    (_SCRIPT, _in_latin),
    ("Hangul letters typed one by one", typos.letters),
)
"""What to look past, in this order, each with its name."""
_ALWAYS = [step for step in _STEPS if step[0] in (_HIDDEN, _SPACE)]
