"""Our n-grams beside IRSTLM's: perplexity, seconds and memory on the same words.

    python -m benchmarks.ngrams beside FILE --irstlm FOLDER --out OUT [--lines 40000]
    python -m benchmarks.ngrams flood --mebibytes 1000

FILE is plain text, a paragraph a line, perhaps in gzip; its first lines are counted, words as they
stand. Of the lines behind them, those are told whose words were all counted, so that nothing
depends on what is set aside for unknown ones. FOLDER is where Debian's packages `irstlm` and
`libirstlm1` were unpacked (`apt-get download`, `dpkg -x`). Its `sb` discounts counts as they are;
its `ikn` is modified Kneser-Ney, with three discounts a level where ours has one. Each contender
runs in a process of its own, ours with its start.

`flood` counts so much drawn text, of pieces whose frequencies and runs are as skewed as language,
in a process of its own, and tells how much memory it took at most: it goes with the runs that
differ, which are fewer in language than among what is drawn here.
"""

import gzip
import json
import math
import pathlib
import re
import sys
import tempfile
import time
from collections.abc import Sequence

import click
import numpy as np
from tabulate import tabulate

from benchmarks import measuring
from models.ngrams import counting, levels

ORDERS = (2, 3, 4)
TOLD_LINES = 20_000
"""Behind those that are counted, of which some are told."""
_TIMEOUT = 3600.0
_ROOT = pathlib.Path(__file__).parents[1]
_PERPLEXITY = re.compile(rb"n=(\d+) LP=\S+ PP=(\S+)")
_VOCABULARY, _BYTES_PER_PIECE, _AT_ONCE = 8_000, 4, 100_000
"""Of the flood; a piece of English stands for some four bytes."""


@click.group()
def main() -> None:
    """See the module."""


@main.command()
@click.argument("file", type=click.Path(exists=True, path_type=pathlib.Path))
@click.option("--irstlm", type=click.Path(exists=True, path_type=pathlib.Path), required=True)
@click.option("--out", type=click.Path(path_type=pathlib.Path), required=True)
@click.option("--lines", type=int, default=40_000, show_default=True)
def beside(file: pathlib.Path, irstlm: pathlib.Path, out: pathlib.Path, lines: int) -> None:
    """Perplexity, seconds and memory of both."""
    out = out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    # In a process of its own: what this one holds would count as theirs.
    split = [sys.executable, "-m", "benchmarks.ngrams", "split", str(file), str(out), str(lines)]
    log = out / "split.log"
    measuring.run(split, log, _ROOT, {}, _TIMEOUT)
    click.echo(log.read_text("utf-8"))
    rows = []
    for order in ORDERS:
        ours = [sys.executable, "-m", "benchmarks.ngrams", "tell", str(out), str(order)]
        rows.append(_row(f"ours, order {order}", ours, out, {}))
        for kind in ("sb", "ikn"):
            (library,) = irstlm.absolute().rglob("libirstlm.so.1")
            theirs = [
                str(irstlm.absolute() / "usr/lib/irstlm/bin/tlm"),
                *(f"-tr={out / 'train.txt'}", f"-te={out / 'test.txt'}", f"-n={order}"),
                *(f"-lm={kind}", "-bo=no", "-ps=no"),
            ]
            env = {"LD_LIBRARY_PATH": str(library.parent)}
            rows.append(_row(f"IRSTLM {kind}, order {order}", theirs, out, env))
    heads = ("contender", "tokens told", "perplexity", "seconds", "CPU seconds", "peak MiB")
    click.echo(tabulate(rows, heads, floatfmt=".1f"))


@main.command()
@click.argument("file", type=click.Path(exists=True, path_type=pathlib.Path))
@click.argument("out", type=click.Path(exists=True, path_type=pathlib.Path))
@click.argument("count", type=int)
def split(file: pathlib.Path, out: pathlib.Path, count: int) -> None:
    """Write both splits as IRSTLM reads them, and say what is in them."""
    opener = gzip.open if file.suffix == ".gz" else open
    lines: list[list[str]] = []
    with opener(file, "rt", encoding="utf-8") as text:
        for line in text:
            if words := line.split():
                lines.append(words)
            if len(lines) >= count + TOLD_LINES:
                break
    train, rest = lines[:count], lines[count:]
    known = {word for words in train for word in words}
    test = [words for words in rest if known.issuperset(words)]
    for name, part in (("train", train), ("test", test)):
        whole = "".join(f"<s> {' '.join(words)} </s>\n" for words in part)
        (out / f"{name}.txt").write_text(whole, "utf-8")
    size = sum(len(" ".join(words).encode()) for words in train) / 2**20
    click.echo(f"{size:.1f} MiB, {len(known):,} different words; {len(test):,} lines are told")


@main.command()
@click.argument("folder", type=click.Path(exists=True, path_type=pathlib.Path))
@click.argument("order", type=int)
def tell(folder: pathlib.Path, order: int) -> None:
    """Count `train.txt` and tell `test.txt` of a folder, as IRSTLM's `tlm` does."""
    words: dict[str, int] = {"</s>": 0}
    train, test = (_numbered(folder / f"{name}.txt", words) for name in ("train", "test"))
    counted = levels.learn(train, len(words), order)
    told = np.concatenate([counted.log_probabilities(text) for text in test])
    total = told.sum() / math.log(10)
    click.echo(f"n={len(told)} LP={-total:.4f} PP={math.exp(-told.mean()):.6f}")


@main.command()
@click.option("--mebibytes", type=int, default=1000, show_default=True)
@click.option("--order", type=int, default=4, show_default=True)
def flood(mebibytes: int, order: int) -> None:
    """Memory at most while so much drawn text is counted."""
    command = [sys.executable, "-m", "benchmarks.ngrams", "count", str(mebibytes), str(order)]
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "flood.log"
        found = measuring.run(command, log, _ROOT, {}, _TIMEOUT)
        told = json.loads(log.read_bytes().splitlines()[-1]) if not found.exit_code else {}
    click.echo(json.dumps(told | {"peak_mib": found.peak_mib, "exit_code": found.exit_code}))


@main.command()
@click.argument("mebibytes", type=int)
@click.argument("order", type=int)
def count(mebibytes: int, order: int) -> None:
    """Count drawn text, and tell how many n-grams it has."""
    begin, draw = time.perf_counter(), np.random.default_rng(0)
    counter = counting.Counter(_VOCABULARY, order)
    # Phrases that come back, as skewed as what they are made of.
    phrases = _zipf(draw, 4 * _AT_ONCE, _VOCABULARY).reshape(-1, 4)
    left = mebibytes * 2**20 // _BYTES_PER_PIECE
    while left > 0:
        chosen = phrases[_zipf(draw, _AT_ONCE // 4, len(phrases))].ravel()
        is_other = draw.random(len(chosen)) < 0.1
        chosen[is_other] = _zipf(draw, int(is_other.sum()), _VOCABULARY)
        counter.add(chosen[:left])
        left -= len(chosen)
    found = counter.counts()
    seconds = time.perf_counter() - begin
    click.echo(json.dumps({"ngrams": len(found.counts), "order": order, "seconds": seconds}))


def _row(
    name: str, command: Sequence[str], out: pathlib.Path, env: dict[str, str]
) -> tuple[str, int, float, float, float, float]:
    log = out / f"{name.replace(' ', '_')}.log"
    found = measuring.run(command, log, _ROOT, env, _TIMEOUT)
    told = _PERPLEXITY.search(log.read_bytes())
    if told is None:
        raise RuntimeError(f"{name} told no perplexity (exit code {found.exit_code}): see {log}")
    tokens, perplexity = int(told[1]), float(told[2])
    return name, tokens, perplexity, found.wall, found.cpu, found.peak_mib


def _numbered(path: pathlib.Path, words: dict[str, int]) -> list[np.ndarray]:
    """Numbers of the words of each line, its end the last."""
    found = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            numbers = [words.setdefault(word, len(words)) for word in line.split()[1:]]
            found.append(np.array(numbers))
    return found


def _zipf(draw: np.random.Generator, count: int, kinds: int) -> np.ndarray:
    """Numbers below `kinds` whose frequency falls as their rank rises, Zipf's law."""
    return (kinds ** draw.random(count)).astype(np.int64) - 1


if __name__ == "__main__":
    main()
