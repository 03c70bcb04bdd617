"""The rules that keep the rooms of a package apart: its folders, and the files beside them."""

import ast
import graphlib
import itertools
import pathlib
import re

import pytest

from tests.source import ROOT, TREES, imports

ROOMS = re.compile(r"^((?:pipeline|components|models|serving)[\w/]*) {2,}(\S.*)$", re.MULTILINE)
"""A line of the diagram in CONTRIBUTING.md: a folder, and what is in it, from top to bottom."""
FOLDERS = sorted({str(pathlib.Path(path).parent) for path in TREES})


def room(folder, path):
    """What of a folder a file below it belongs to: a sub-folder, or itself."""
    return path.removeprefix(f"{folder}/").split("/")[0].removesuffix(".py")


def imported_files(tree, trees):
    """Files of the project that a file imports, wherever it does."""
    for name in imports(tree):
        parts = name.split(".")
        stems = ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]
        files = (path for stem in stems for path in (f"{stem}.py", f"{stem}/__init__.py"))
        yield from itertools.islice((path for path in files if path in trees), 1)


def neighbours(folder, trees=TREES):
    """Rooms of a folder to the other rooms of it that they import, and where one does."""
    found = {}
    for path, tree in trees.items():
        if not path.startswith(f"{folder}/"):
            continue
        for imported in imported_files(tree, trees):
            here, there = room(folder, path), room(folder, imported)
            if imported.startswith(f"{folder}/") and here != there:
                found.setdefault(here, {})[there] = f"{path} imports {imported}"
    return found


def circle(folder, trees=TREES):
    """What is said of rooms that import each other in a circle; nothing if there are none."""
    found = neighbours(folder, trees)
    try:
        graphlib.TopologicalSorter(found).prepare()
    except graphlib.CycleError as error:
        way = error.args[1][::-1]
        return (
            f"The rooms {' -> '.join(way)} of {folder}/ import each other in a circle: "
            f"{'; '.join(found[here][there] for here, there in itertools.pairwise(way))}. "
            "Move what they share to one below them, or hand it over as an argument."
        )
    return ""


@pytest.mark.parametrize("folder", FOLDERS)
def test_rooms_import_each_other_in_one_direction(folder):
    assert circle(folder) == ""


def test_a_circle_of_rooms_is_named_with_the_imports_that_close_it():
    texts = {
        "models/text/cnn.py": "def build():\n    from models.layers import drop",
        "models/layers/drop.py": "import models.recipe",
        "models/recipe.py": "from models.text.cnn import build",
    }
    said = circle("models", {path: ast.parse(text) for path, text in texts.items()})
    assert "models/text/cnn.py imports models/layers/drop.py" in said
    assert "models/layers/drop.py imports models/recipe.py" in said
    assert "models/recipe.py imports models/text/cnn.py" in said


def test_contributing_shows_every_room_above_those_that_it_imports():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    shown = {
        folder: [level.split(", ") for level in levels.split(" ─ ")]
        for folder, levels in ROOMS.findall(text)
    }
    rooms = {(str(pathlib.Path(folder).parent), pathlib.Path(folder).name) for folder in FOLDERS}
    seen = {(folder, name) for folder, levels in shown.items() for name in sum(levels, [])}
    missing = [f"{folder}/{name}" for folder, name in sorted(rooms - seen) if folder != "."]
    assert missing == [], "CONTRIBUTING.md does not show these rooms"
    files = {(str(pathlib.Path(path).parent), pathlib.Path(path).stem) for path in TREES}
    gone = [f"{folder}/{name}" for folder, name in sorted(seen - rooms - files)]
    assert gone == [], "CONTRIBUTING.md shows rooms that are not there"
    for folder, levels in shown.items():
        place = {name: depth for depth, level in enumerate(levels) for name in level}
        wrong = [
            told
            for here, others in neighbours(folder).items()
            for there, told in others.items()
            if here in place and place[here] >= place.get(there, len(levels))
        ]
        assert wrong == [], f"CONTRIBUTING.md's line of {folder} is not in this order"
