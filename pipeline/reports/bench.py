"""Measurements of servers as a table, a chart and JSON."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from rich.console import Group, RenderableType
from rich.text import Text
from tabulate import tabulate

from pipeline.display import numbers, run_view, style
from serving.load.bare import BareResult
from serving.load.grid import Measurement

TITLES = {"grpc": "gRPC", "rest": "REST"}
_COLORS = (*style.COLORS[:-1], style.GREY)
"""Limits are black."""
_FARTHEST_LIMIT = 3
"""A limit this many times above the highest bar is left out: the bars could not be read."""
_COLUMNS = (
    "server", "protocol", "callers", "req/s", "of the limit", "p50 ms", "p95 ms", "p99 ms",
    "over the bare call", "MiB", "server CPUs", "failed", "wrong",
)  # fmt: skip
_ALIGNED = ("left", "left", *["right"] * (len(_COLUMNS) - 2))

# Those of the terminal, 80 columns wide, and their names there.
_BRIEF_COLUMNS = {
    "server": "", "callers": "callers", "req/s": "req/s", "of the limit": "share",
    "p50 ms": "p50 ms", "p95 ms": "p95 ms", "p99 ms": "p99 ms", "MiB": "MiB",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Limit:
    """What the same model does without a server."""

    rows_per_second: float
    """Of full batches."""
    batch_size: int
    """Rows of a full batch."""
    call_ms: float
    """Median of one row by itself, in ms."""


def limit(bare: BareResult, batch_size: int) -> Limit:
    """The limit for servers that batch so many rows.

    Args:
        bare: Measured with this batch size and with 1.
        batch_size: Rows.
    """
    return Limit(bare.limit(batch_size), batch_size, bare.call_ms())


def cells(rows: Sequence[Measurement], against: Limit | None) -> list[list[str]]:
    """One line of text per row, one cell per column.

    Args:
        rows: What was measured.
        against: None if it is not known.
    """
    return [_cells(row, against) for row in rows]


def table(rows: Sequence[Measurement], against: Limit | None) -> Group:
    """For the terminal: a table per protocol, and what is to be said of them.

    Args:
        rows: What was measured.
        against: None if it is not known.
    """
    parts: list[RenderableType] = []
    for protocol, title in TITLES.items():
        shown = [row for row in rows if row.protocol == protocol]
        if shown:
            lines = [dict(zip(_COLUMNS, line, strict=True)) for line in cells(shown, against)]
            brief = [[line[column] for column in _BRIEF_COLUMNS] for line in lines]
            parts += [Text(title), run_view.grid(list(_BRIEF_COLUMNS.values()), brief)]
    return Group(*parts, *map(Text, _remarks(rows, against)))


def markdown(rows: Sequence[Measurement], against: Limit | None) -> str:
    """For a document.

    Args:
        rows: What was measured.
        against: None if it is not known.
    """
    lines = cells(rows, against)
    return tabulate(lines, _COLUMNS, "pipe", colalign=_ALIGNED, disable_numparse=True) + "\n"


def words(row: Measurement) -> str:
    """One row in a sentence, for progress.

    Args:
        row: Just measured.
    """
    result = row.result
    sentence = f"{row.server}, {TITLES[row.protocol]}, {_count(row.callers)}: " + (
        f"{result.requests_per_second:.1f} req/s, p50 {numbers.milliseconds(result.p50_ms)} ms, "
        f"p99 {numbers.milliseconds(result.p99_ms)} ms"
    )
    if result.errors:
        sentence += f"; {_failed(row)} failed: {result.error_text}"
    if result.wrong:
        sentence += f"; {result.wrong} of {result.checked} answers wrong: {result.wrong_text}"
    return sentence


def as_json(rows: Sequence[Measurement], against: Limit | None) -> dict[str, Any]:
    """Everything that was measured, for other programs.

    Args:
        rows: What was measured.
        against: None if it is not known.
    """
    return {
        "limit": None if against is None else dataclasses.asdict(against),
        "rows": [dataclasses.asdict(row) for row in rows],
    }


def draw(
    title: str, rows: Sequence[Measurement], against: Limit | None, path: pathlib.Path
) -> None:
    """Throughput and latency by protocol and number of callers, one colour per server.

    Args:
        title: What was measured, where.
        rows: What was measured.
        against: None if it is not known.
        path: PNG to write.
    """
    protocols = [p for p in TITLES if any(row.protocol == p for row in rows)]
    servers = list(dict.fromkeys(row.server for row in rows))
    colors = dict(zip(servers, _COLORS * (len(servers) // len(_COLORS) + 1), strict=False))
    figure = Figure(figsize=(1.5 + 4.75 * len(protocols), 7.2), layout="constrained")
    grid = figure.subplots(2, len(protocols), sharey="row", squeeze=False)
    for column, protocol in enumerate(protocols):
        shown = [row for row in rows if row.protocol == protocol]
        _draw_rates(grid[0][column], shown, colors, against)
        _draw_latencies(grid[1][column], shown, colors, against)
        grid[0][column].set_title(TITLES[protocol], fontsize=11)
        grid[1][column].set_xlabel("callers at a time")
    grid[0][0].set_ylabel("requests per second")
    grid[1][0].set_ylabel("latency in ms: p50 (dot) to p99 (end)")
    handles = {name: _handle(color) for name, color in colors.items()}
    figure.legend(
        list(handles.values()), list(handles), loc="outside lower center", ncols=3, frameon=False
    )
    style.save(figure, title, path)


def _remarks(rows: Sequence[Measurement], against: Limit | None) -> list[str]:
    """What a table has no room for, and what must not be overlooked."""
    remarks = []
    if against is not None:
        remarks.append(
            f"without a server: {numbers.milliseconds(against.call_ms)} ms for one row, "
            f"{against.rows_per_second:.1f} rows/s in batches of {against.batch_size} (share 1)"
        )
    remarks += [f"{words(row)}" for row in rows if row.result.errors or row.result.wrong]
    return remarks


def _cells(row: Measurement, against: Limit | None) -> list[str]:
    result = row.result
    share = over = "-"
    if against is not None:
        share = f"{result.requests_per_second / against.rows_per_second:.2f}"
        if row.callers == 1 and result.p50_ms is not None:  # With more they wait for each other.
            over = f"{result.p50_ms - against.call_ms:+.2f} ms"
    return [
        row.server,
        TITLES[row.protocol],
        str(row.callers),
        f"{result.requests_per_second:.1f}",
        share,
        *map(numbers.milliseconds, (result.p50_ms, result.p95_ms, result.p99_ms)),
        over,
        "-" if result.server_memory_mib is None else f"{result.server_memory_mib:.0f}",
        "-" if result.server_cpus is None else f"{result.server_cpus:.2f}",
        str(_failed(row)),
        str(result.wrong) if result.checked else "-",
    ]


def _draw_rates(
    axes: Axes, rows: Sequence[Measurement], colors: Mapping[str, str], against: Limit | None
) -> None:
    for left, width, row in _places(axes, rows, colors):
        rate = row.result.requests_per_second
        axes.bar(left, rate, width * 0.92, color=colors[row.server])
        _label(axes, left, rate, f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}")
    highest = max(row.result.requests_per_second for row in rows)
    if against is not None and against.rows_per_second < _FARTHEST_LIMIT * highest:
        axes.axhline(against.rows_per_second, color=style.BLACK, linewidth=1, linestyle="--")
        axes.annotate(
            f"no server, batches of {against.batch_size}: {against.rows_per_second:.0f}/s",
            (0.01, against.rows_per_second),
            (0, 3),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            fontsize=8,
        )
    axes.margins(y=0.12)


def _draw_latencies(
    axes: Axes, rows: Sequence[Measurement], colors: Mapping[str, str], against: Limit | None
) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    for left, _, row in _places(axes, rows, colors):
        low, high = row.result.p50_ms, row.result.p99_ms
        if low is not None and high is not None:
            axes.plot([left, left], [low, high], color=colors[row.server], linewidth=3)
            axes.plot([left], [low], "o", color=colors[row.server], markersize=7)
            _label(axes, left, low, f"{low:.2g}" if low < 100 else f"{low:.0f}", -14)
    if against is not None:
        axes.axhline(against.call_ms, color=style.BLACK, linewidth=1, linestyle=":")
        axes.annotate(
            f"no server, one row: {numbers.milliseconds(against.call_ms)} ms",
            (0.99, against.call_ms),
            (0, -10),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            fontsize=8,
            ha="right",
        )
    axes.margins(y=0.15)


def _places(
    axes: Axes, rows: Sequence[Measurement], colors: Mapping[str, str]
) -> list[tuple[float, float, Measurement]]:
    """Middle and width of every row's mark, side by side per number of callers."""
    groups = sorted({row.callers for row in rows})
    servers = [name for name in colors if any(row.server == name for row in rows)]
    width = 0.84 / len(servers)
    axes.set_xticks(range(len(groups)), [str(group) for group in groups])
    axes.set_xlim(-0.5, len(groups) - 0.5)
    style.frame(axes, grid="y")
    middle = (len(servers) - 1) / 2
    return [
        (groups.index(row.callers) + (servers.index(row.server) - middle) * width, width, row)
        for row in rows
    ]


def _label(axes: Axes, x: float, y: float, text: str, points: int = 2) -> None:
    look: dict[str, Any] = {"ha": "center", "fontsize": 6.5, "color": style.DARK}
    axes.annotate(text, (x, y), (0, points), textcoords="offset points", **look)


def _handle(color: str) -> Any:
    return Patch(color=color)


def _failed(row: Measurement) -> int:
    return sum(row.result.errors.values())


def _count(callers: int) -> str:
    return "1 caller" if callers == 1 else f"{callers} callers"
