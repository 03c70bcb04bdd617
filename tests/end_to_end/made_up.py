"""Made-up projects: folders, tables, configs and command lines as bad as users' can be."""

import dataclasses
import gzip
import io
import json
import os
import pathlib
import random
from collections.abc import Sequence

import pandas
import yaml
from PIL import Image

from tests.end_to_end import odd_values


@dataclasses.dataclass(frozen=True)
class Case:
    """One command to try."""

    folder: pathlib.Path
    """Where it is called."""
    arguments: tuple[str, ...]
    """After `maru`."""
    environment: dict[str, str]
    """Of the terminal."""


def case(seed: int, folder: pathlib.Path, commands: Sequence[str]) -> Case:
    """Make up a project and a command that reads it.

    Args:
        seed: Every seed another one, always the same.
        folder: Empty; everything is written there.
        commands: One of them is chosen.
    """
    rng = random.Random(seed)
    command = rng.choice(commands)
    if command in odd_values.WITHOUT_PROJECT:
        return Case(folder, _other(command, rng), rng.choice(odd_values.TERMINALS))
    config = _config(rng, folder)
    arguments = ["show", "--layers"] if command == "layers" else [command]
    arguments.append(_write_config(config, rng, folder))
    if command == "ladder":
        arguments += [
            "--models",
            rng.choice(["", ",", "bow", "nope,bow", "한글", "../x", "x.yaml"]),
        ]
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        arguments += ["--set", rng.choice(odd_values.OVERRIDES)]
    if rng.random() < 0.1:
        arguments += [
            "--workspace",
            rng.choice(["/dev/null", "/proc/x", "c.yaml", "a\nb", "x" * 300]),
        ]
    return Case(folder, tuple(arguments), rng.choice(odd_values.TERMINALS))


def _other(command: str, rng: random.Random) -> tuple[str, ...]:
    word = rng.choice([*odd_values.NAMES, *odd_values.TEXTS]).replace("\x00", "")
    port = rng.choice(["-1", "70000", "x", "1.5", "", "65536", "0x1f"])
    return {
        "predict": ("predict", word, rng.choice(odd_values.TEXTS).replace("\x00", ""))
        + rng.choice([(), ("--json",), ("--server", word), ("--server", "127.0.0.1:9")]),
        "serve": ("serve", rng.choice(["--port", "--rest-port"]), port),
        "bench": ("bench", word, "--seconds", rng.choice(["0", "x", "0.1", "nan"])),
        "bundle": ("bundle", word, "--callers", rng.choice(["0", "1", "x"])),
        "schema": ("schema",),
        "nonsense": (word,),
    }[command]


def _config(rng: random.Random, folder: pathlib.Path) -> dict:
    """A config that fits data it writes, and then some things that do not."""
    kind = rng.choice([*odd_values.KINDS, "image_folder"])
    name = rng.choice(odd_values.NAMES)
    if kind == "image_folder":
        task, model = {"kind": "image_classification"}, {"kind": "alexnet", "image_size": 63}
        path = _write_images(name, rng, folder)
    else:
        task = {"kind": "text_classification", "text": "text", "label": "label"}
        model = {"kind": rng.choice(["bag_of_words", "embedding_pooling", "text_cnn"])}
        path = _write_table(kind, name, rng, folder)
    source = {"kind": kind, "path": path}
    split = rng.choice([{}, {"train": 8, "eval": 2}, {"stratify": True}, {"column": "split"}])
    config = {"name": "x", "task": task, "data": {"source": source, "split": split}, "model": model}
    config["training"] = {"epochs": 1, "batch_size": 16}
    for _ in range(rng.choice([0, 0, 1, 1, 2, 5])):
        _spoil(config, rng)
    return config


def _spoil(config: dict, rng: random.Random) -> None:
    """Change one place of a config."""
    place = config
    while True:
        inner = [value for value in place.values() if isinstance(value, dict) and value]
        if not inner or rng.random() < 0.3:
            break
        place = rng.choice(inner)
    key = rng.choice([*place, "unknown", "encoding", "delimiter", "escape", "quoting"])
    if rng.random() < 0.2:
        place.pop(key, None)
    else:
        place[key] = rng.choice(odd_values.VALUES)


def _write_config(config: dict, rng: random.Random, folder: pathlib.Path) -> str:
    path = folder / "c.yaml"
    if rng.random() < 0.25:
        path.write_bytes(rng.choice(odd_values.RAW_CONFIGS))
    else:
        path.write_text(
            yaml.safe_dump(config, allow_unicode=rng.random() < 0.5), "utf-8", "replace"
        )
    if rng.random() < 0.1:
        (folder / "folder.yaml").mkdir()
        return rng.choice(
            ["folder.yaml", "no.yaml", "c.yaml/x", "y" * 300, "", ".", "/", "/dev/null"]
        )
    return "c.yaml"


def _write_table(kind: str, name: str, rng: random.Random, folder: pathlib.Path) -> str:
    columns = rng.choice(
        [("text", "label")] * 5 + [("label", "text"), ("Text", " label"), ("a",), ()]
    )
    labels = rng.sample(odd_values.LABELS, rng.choice([1, 2, 3]))
    texts = odd_values.TEXTS[:2] if rng.random() < 0.5 else odd_values.TEXTS
    rows = [
        [
            f"{rng.choice(texts)} {index}" if column.lower() == "text" else rng.choice(labels)
            for column in columns
        ]
        for index in range(rng.choice([0, 1, 2, 40, 60]))
    ]
    content = _table(kind, columns, rows, rng)
    if rng.random() < 0.3 and content:
        place = rng.randrange(len(content))
        content = (
            content[:place]
            + rng.choice([b"", b"\x00", b"\xff\xfe", b'"', b"\n{", b"\r"])
            + (content[place + rng.choice([0, 1, 40]) :])
        )
    if rng.random() < 0.1:
        content = gzip.compress(content)[: rng.choice([None, 30])]
    file = (
        name.replace("\n", "")[:90] + "." + rng.choice([kind] * 8 + ["", "gz", f"{kind}.gz", "zip"])
    )
    (folder / file).write_bytes(content)
    return rng.choice([file] * 9 + [".", "*", "**", "no.csv", str(folder), "", "[", f"./{file}/"])


def _table(kind: str, columns: tuple, rows: list, rng: random.Random) -> bytes:
    frame = pandas.DataFrame(rows, columns=list(columns), dtype=object)
    if kind == "parquet":
        if rng.random() < 0.2 and len(columns) > 1:
            frame[columns[-1]] = rng.choice(
                [range(len(rows)), [[1]] * len(rows), [None] * len(rows)]
            )
        buffer = io.BytesIO()
        frame.to_parquet(buffer)
        return buffer.getvalue()
    if kind == "jsonl":
        lines = [
            json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) for row in rows
        ]
        text = rng.choice(["\n", "\r\n", ","]).join(lines)
        text = rng.choice([text, text, f"[{text}]", "[" * 3000, '{"text": NaN, "label": 1e999}'])
    else:
        text = frame.to_csv(
            sep=rng.choice([odd_values.KINDS[kind], odd_values.KINDS[kind], ";"]), index=False
        )
    encodings = odd_values.ENCODINGS[:1] * 5 + odd_values.ENCODINGS
    return text.encode(rng.choice(encodings), "replace")


def _write_images(name: str, rng: random.Random, folder: pathlib.Path) -> str:
    root = folder / name.replace("\n", "")[:90]
    for label in rng.sample([*odd_values.NAMES[:9], "cat", "dog", "cow"], rng.choice([0, 1, 2, 3])):
        (root / label).mkdir(parents=True, exist_ok=True)
        for index in range(rng.choice([0, 1, 12])):
            _write_image(
                root / label / f"{index}.{rng.choice(['png', 'jpg', 'PNG', 'txt', ''])}", rng
            )
    root.mkdir(exist_ok=True)
    return rng.choice([root.name] * 8 + [".", "", f"{root.name}/*", "no", "/"])


def _write_image(path: pathlib.Path, rng: random.Random) -> None:
    what = rng.choice(
        ["whole"] * 8 + ["cut", "empty", "text", "folder", "dangling", "loop", "pipe"]
    )
    if what == "folder":
        path.mkdir()
    elif what in ("dangling", "loop"):
        path.symlink_to("nowhere" if what == "dangling" else path.name)
    elif what == "pipe":
        os.mkfifo(path)
    else:
        buffer = io.BytesIO()
        mode = rng.choice(["RGB", "L", "RGBA", "P", "1", "I;16"])
        size = rng.choice([(20, 30), (1, 1), (300, 2)])
        Image.new(mode, size, rng.randrange(2)).save(buffer, rng.choice(["PNG", "TIFF"]))
        content = {"cut": buffer.getvalue()[:60], "empty": b"", "text": b"no image"}
        path.write_bytes(content.get(what, buffer.getvalue()))
