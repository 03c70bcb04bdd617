"""A preview of texts: one HTML page that needs nothing but itself."""

from __future__ import annotations

import difflib
import html
import pathlib
import re
from collections.abc import Iterable

from components.augment.contract import Inputs
from components.augment.sheet import Sample, Sheet

# Words; characters where a script puts no spaces between words (kana, Han, Thai, Lao, Khmer).
_TOKEN = re.compile(
    r"\s+|[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]"
    r"|[^\s\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+"
)
_PAGE = """\
<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; background: #fff; }}
h1 {{ font-size: 1.3rem; }}
h2 {{ font-size: 1rem; margin: 2rem 0 .3rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th {{ text-align: left; font-weight: normal; color: #666; white-space: nowrap;
  padding: .3rem 1rem .3rem 0; vertical-align: top; }}
td {{ width: {width}%; padding: .3rem 1rem .3rem 0; overflow-wrap: anywhere;
  vertical-align: top; }}
tr + tr {{ border-top: 1px solid #e4e4e4; }}
tr.original td {{ font-weight: 600; }}
mark {{ background: #ffe08a; color: inherit; border-radius: 2px; }}
del {{ color: #a33; }}
.same {{ color: #888; }}
.warning {{ border-left: 4px solid #d55e00; padding-left: .7rem; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p><mark>Marked</mark> words are new, <del>struck out</del> ones are gone.</p>
{body}
</body>
</html>
"""
_UNCHANGED = '<span class="same">nothing new</span>'


def write(sheet: Sheet, path: pathlib.Path) -> None:
    """Write the page.

    Args:
        sheet: What to show.
        path: HTML file.
    """
    warnings = [f'<p class="warning">{html.escape(line)}</p>' for line in sheet.warnings]
    rows = [_sample(sample, sheet) for sample in sheet.samples]
    page = _PAGE.format(
        title=html.escape(sheet.title),
        width=100 // len(sheet.columns),
        body="\n".join([*warnings, *rows]),
    )
    path.write_text(page, "utf-8")


def _sample(sample: Sample, sheet: Sheet) -> str:
    """A row as it was, and below it what each operation made."""
    originals = _decoded(sample.originals)
    made = {copy.operation: _decoded(copy.inputs) for copy in sample.copies}
    lines = [_line("original", map(html.escape, originals), "original")]
    if len(sheet.columns) > 1:
        lines.insert(0, _headings(sheet.columns))
    for name in sheet.operations:
        # Without a copy: in the first column alone, whatever the number of columns.
        shown = map(_changes, originals, made[name]) if name in made else [_UNCHANGED]
        lines.append(_line(name, shown))
    return f"<h2>{html.escape(sample.target)}</h2>\n<table>\n{''.join(lines)}</table>"


def _headings(columns: tuple[str, ...]) -> str:
    cells = "".join(f"<th>{html.escape(name)}</th>" for name in columns)
    return f"<tr><th></th>{cells}</tr>\n"


def _line(name: str, shown: Iterable[str], kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    cells = "".join(f'<td dir="auto">{one}</td>' for one in shown)
    return f"<tr{attribute}><th>{html.escape(name)}</th>{cells}</tr>\n"


def _decoded(inputs: Inputs) -> list[str]:
    return [text.decode("utf-8", "replace") for text in inputs]


def _changes(before: str, after: str) -> str:
    """The new text as HTML, with what was added and what was left out."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    parts = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, first, last, begin, end in matcher.get_opcodes():
        gone, added = "".join(old[first:last]), "".join(new[begin:end])
        if kind == "equal":
            parts.append(html.escape(added))
            continue
        if gone.strip():
            parts.append(f"<del>{html.escape(gone)}</del>")
        if added.strip():
            parts.append(f"<mark>{html.escape(added)}</mark>")
        elif added:
            parts.append(added)
    return "".join(parts)
