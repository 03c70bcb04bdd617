"""Write the report of a run, and the card beside the model that it pushed."""

from __future__ import annotations

import datetime
import importlib.resources
import pathlib
from typing import Any

import jinja2
import markupsafe

from pipeline.display import trial_table
from pipeline.past_runs import PastRun
from pipeline.reports.page import card, facts

FILE = "report.html"
_TEMPLATE = "report.html.jinja"
_HERE = importlib.resources.files(__package__ or "pipeline.reports.page")


def write(run: PastRun) -> pathlib.Path:
    """Write `report.html` into the folder of a run; a pushed model gets its card, too.

    Args:
        run: Any, also one that is under way.

    Returns:
        The page.
    """
    found = facts.of(run)
    path = run.folder / FILE
    path.write_text(render(found), "utf-8")
    summary = run.summary
    if summary and summary["model"] and (version := pathlib.Path(summary["model"])).is_dir():
        config = found["config"]
        card.write(version, card.text(summary, config.task, config.card))
    return path


def render(found: dict[str, Any], template: str = _TEMPLATE) -> str:
    """The page: one file with everything in it, no script, nothing from elsewhere.

    Args:
        found: See `facts.of`.
        template: Which page it is.
    """
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (_HERE / name).read_text("utf-8")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "svg": markupsafe.Markup,
        "number": lambda value: f"{value:,}",
        "figure": lambda value: f"{value:.3f}",
        "words": lambda name: name.replace("_", " "),
        "trial": trial_table.word,
    }
    style = markupsafe.Markup((_HERE / "report.css").read_text("utf-8"))
    written = f"{datetime.datetime.now():%Y-%m-%d %H:%M}"
    return environment.get_template(template).render(**found, style=style, written=written)
