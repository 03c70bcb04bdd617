"""What examples in a prompt, and steps before an answer, are worth to small language models.

    python -m benchmarks.prompting --out OUT [--only rules]

Writes texts of two planted tasks, trains `configs/results/prompted_rules.yaml` and
`prompted_sums.yaml` on them and asks both by `maru prompt`, all with the seeds below.

Rules: a text is an episode of 17 lines of one of eight rules, a word without meaning, a key and
its label. A rule gives each of 16 keys one of four labels; each label is that of a key in two
rules, so a question alone tells nothing, while a line leaves two rules, and a few leave one. A text
is as long as a window. Asked are the first rules, with 0 to 16 lines before the question, by
likelihood of the four labels. `ceiling` is what taking the label that most rules with all of these
lines give reaches.

Sums: a text is an episode of five lines, `a + b - c` of numbers below 10, either all with the
answer alone or all with both steps before it. Asked are sums that no text has, by what is written.
"""

import collections
import dataclasses
import itertools
import json
import pathlib
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
import numpy as np
import yaml

from pipeline.prompting.result import Result, ShotsResult
from pipeline.reports import prompting as report

ROOT = pathlib.Path(__file__).parents[1]
CONFIGS = ROOT / "configs" / "results"
_KEYS = ["dog", "cat", "cow", "hen", "pig", "ape", "bee", "ant"]
_KEYS += ["owl", "fox", "elk", "emu", "rat", "bat", "eel", "cod"]
_LABELS = ["red", "blue", "green", "gold"]
_FILLERS = ["the", "a", "this", "that", "one", "some", "no", "any", "my", "your", "his", "her"]
_RULE_SEED, _LINES, _EPISODES = 7, 17, 20_000
_SUMS_A_TEXT, _SUM_TEXTS, _BELOW = 5, 15_000, 10
_RULES = 3
"""Rules that are asked about, each with rows of its own."""
_ROWS, _ASKED, _CEILING_DRAWS = 300, 100, 20_000
_SHOTS = [0, 1, 4, 16]
_SUM_SHOTS = [0, 1, 4]
_SELECTIONS = ("random",)

Row = dict[str, str]


@click.command()
@click.option("--out", type=click.Path(path_type=pathlib.Path), required=True)
@click.option("--only", type=click.Choice(["rules", "sums"]))
def main(out: pathlib.Path, only: str | None) -> None:
    """See the module."""
    out = out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    for name, measure in (("rules", _rules), ("sums", _sums)):
        if only in (None, name):
            found, title = measure(out)
            _tell(found)
            report.draw(found, title, out / f"{name}.png")
            content = {key: dataclasses.asdict(one) for key, one in found.items()}
            (out / f"{name}.json").write_text(json.dumps(content, indent=1), "utf-8")


def _rules(out: pathlib.Path) -> tuple[dict[str, Result], str]:
    _train("prompted_rules", "rules.jsonl", rule_texts(random.Random(0)), out)
    found = {select: _pooled(_ask_rules(out, select), select) for select in _SELECTIONS}
    for shots in _SHOTS:
        click.echo(f"ceiling of {shots} random lines: {_ceiling(shots):.3f}")
    return found, "one of eight rules, which only examples show"


def _sums(out: pathlib.Path) -> tuple[dict[str, Result], str]:
    _train("prompted_sums", "sums.jsonl", sum_texts(random.Random(0)), out)
    return _ask_sums(out), "sums in two steps, answered at once and after the steps"


def rules() -> list[dict[str, str]]:
    """The label of each key, by rule."""
    rng = random.Random(_RULE_SEED)
    columns = {key: rng.sample(_LABELS * 2, 2 * len(_LABELS)) for key in _KEYS}
    return [
        {key: column[place] for key, column in columns.items()} for place in range(2 * len(_LABELS))
    ]


def rule_lines(rule: dict[str, str], rng: random.Random) -> Iterator[Row]:
    """Lines of one rule, without end."""
    while True:
        key = rng.choice(_KEYS)
        yield {"text": f"{rng.choice(_FILLERS)} {key}", "label": rule[key]}


def rule_texts(rng: random.Random) -> Iterator[Row]:
    """Episodes to learn from."""
    known = rules()
    for _ in range(_EPISODES):
        lines = rule_lines(rng.choice(known), rng)
        yield {"text": "".join("{text} {label}\n".format(**next(lines)) for _ in range(_LINES))}


def sums(rng: random.Random, *, are_asked: bool) -> Iterator[Row]:
    """Sums without end; a tenth of all different ones is never learned from, but asked."""
    while True:
        first, second, third = (rng.randrange(_BELOW) for _ in range(3))
        signs = rng.choice("+-"), rng.choice("+-")
        middle = first + second if signs[0] == "+" else first - second
        last = middle + third if signs[1] == "+" else middle - third
        text = f"{first} {signs[0]} {second} {signs[1]} {third}"
        is_asked = random.Random(text).random() < 0.1
        if min(middle, last) >= 0 and is_asked == are_asked:
            steps = f"{first} {signs[0]} {second} = {middle} , {middle} {signs[1]} {third} = {last}"
            yield {"text": text, "steps": steps, "label": str(last)}


def sum_texts(rng: random.Random) -> Iterator[Row]:
    """Episodes to learn from, in turn direct and with steps."""
    drawn = sums(rng, are_asked=False)
    for place in range(_SUM_TEXTS):
        line = "{text} : {steps} , so {label}\n" if place % 2 else "{text} = {label}\n"
        yield {"text": "".join(line.format(**next(drawn)) for _ in range(_SUMS_A_TEXT))}


def _train(name: str, file: str, texts: Iterator[Row], out: pathlib.Path) -> None:
    _write(out / file, texts)
    fields = yaml.safe_load((CONFIGS / f"{name}.yaml").read_text("utf-8"))
    source = fields["data"]["source"]
    source["path"] = source["path"].replace("FOLDER", str(out))
    _maru("run", fields, out)


def _ask_rules(out: pathlib.Path, select: str) -> list[dict[str, Any]]:
    """What each rule came to."""
    told = []
    for place, rule in enumerate(rules()[:_RULES]):
        lines = rule_lines(rule, random.Random(1000 + place))
        rows = [next(lines) for _ in range(_ROWS + _ASKED)]
        folder = out / f"rule_{place}"
        _write_splits(folder, rows[:_ROWS], rows[_ROWS:])
        prompt = {
            "question": "text",
            "answer": "label",
            "template": {"kind": "direct", "format": "{question} {answer}\n"},
            "select": select,
            "shots": _SHOTS,
        }
        told.append(_prompt(f"rule_{place}_{select}", "prompted_rules", folder, prompt, out))
    return told


def _ask_sums(out: pathlib.Path) -> dict[str, Result]:
    examples = sums(random.Random(1), are_asked=False)
    held_out = sums(random.Random(2), are_asked=True)
    asked = {row["text"]: row for row in itertools.islice(held_out, 2 * _ASKED)}
    folder = out / "sums"
    _write_splits(folder, [next(examples) for _ in range(_ROWS)], list(asked.values()))
    direct = {"kind": "direct", "format": "{question} = {answer}\n"}
    steps = {
        "kind": "chain_of_thought",
        "reason": "steps",
        "format": "{question} : {reason} , so {answer}\n",
        "longest": 40,
        "stop": ["\n"],
    }
    found = {}
    for name, template in (("direct", direct), ("with steps", steps)):
        prompt = {
            "question": "text",
            "answer": "label",
            "template": template,
            "answered_by": {"kind": "generation", "longest": 6},
            "shots": _SUM_SHOTS,
        }
        slug = f"sums_{name.replace(' ', '_')}"
        found[name] = _result(_prompt(slug, "prompted_sums", folder, prompt, out))
    return found


def _prompt(
    name: str, model: str, folder: pathlib.Path, prompt: Mapping[str, Any], out: pathlib.Path
) -> dict[str, Any]:
    """What `maru prompt` told."""
    fields = {
        "name": name,
        "data": {"source": {"kind": "jsonl", "path": str(folder)}},
        "model": {"kind": "pushed", "name": model},
        "prompt": dict(prompt),
    }
    _maru("prompt", fields, out)
    folders = (out / "workspace" / "runs" / name / "prompting").glob("*/accuracy.json")
    told: dict[str, Any] = json.loads(max(folders).read_text("utf-8"))
    return told


def _maru(command: str, fields: Mapping[str, Any], out: pathlib.Path) -> None:
    config = out / f"{fields['name']}.yaml"
    config.write_text(yaml.safe_dump(dict(fields), sort_keys=False), "utf-8")
    words = [sys.executable, "-m", "pipeline", command, str(config)]
    subprocess.run([*words, "--workspace", str(out / "workspace")], check=True, cwd=ROOT)


def _result(told: Mapping[str, Any]) -> Result:
    by_shots = [ShotsResult(**one) for one in told["by_shots"]]
    return Result(**{**told, "by_shots": by_shots})


def _pooled(told: Sequence[Mapping[str, Any]], select: str) -> Result:
    """The rules together: means, and intervals of the mean by the normal approximation.

    Args:
        told: Of each rule, whose questions, examples and draws are its own.
        select: How examples were chosen.
    """
    each = [_result(one) for one in told]
    by_shots = []
    for rows in zip(*(one.by_shots for one in each), strict=True):
        middle = float(np.mean([one.accuracy for one in rows]))
        widths = [(one.interval[1] - one.interval[0]) / 2 for one in rows]
        width = float(np.sqrt(np.sum(np.square(widths)))) / len(rows)
        by_draw = [share for one in rows for share in one.by_draw]
        told_of = {
            field: sum(getattr(one, field) for one in rows)
            for field in ("ties", "unanswered", "shortened", "too_long", "prompts")
        }
        interval = (max(0.0, middle - width), min(1.0, middle + width))
        by_shots.append(ShotsResult(rows[0].shots, middle, interval, by_draw, **told_of))
    simple = float(np.mean([one.simple for one in each]))
    return dataclasses.replace(each[0], name=select, simple=simple, by_shots=by_shots)


def _ceiling(shots: int) -> float:
    """Right answers of who knows all rules, by drawing lines, a rule and a question."""
    known, rng, right = rules(), random.Random(0), 0.0
    for _ in range(_CEILING_DRAWS):
        rule, asked = rng.choice(known), rng.choice(_KEYS)
        lines = [rng.choice(_KEYS) for _ in range(shots)]
        fitting = [one for one in known if all(one[key] == rule[key] for key in lines)]
        votes = collections.Counter(one[asked] for one in fitting)
        best = [label for label, count in votes.items() if count == max(votes.values())]
        right += (rule[asked] in best) / len(best)
    return right / _CEILING_DRAWS


def _tell(results: Mapping[str, Result]) -> None:
    for name, found in results.items():
        for one in found.by_shots:
            low, high = one.interval
            click.echo(
                f"{name}, {one.shots} shots: {one.accuracy:.3f} ({low:.3f} to {high:.3f}), "
                f"draws {min(one.by_draw):.3f} to {max(one.by_draw):.3f}, {one.prompts} prompts"
            )


def _write(path: pathlib.Path, rows: Iterator[Row] | Sequence[Row]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def _write_splits(folder: pathlib.Path, train: Sequence[Row], test: Sequence[Row]) -> None:
    folder.mkdir(exist_ok=True)
    _write(folder / "train.jsonl", train)
    _write(folder / "test.jsonl", test)


if __name__ == "__main__":
    main()
