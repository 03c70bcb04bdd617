"""What only tasks may take for granted: that an example has a label, a class or one input."""

import ast

import pytest

from tests.source import TREES

FACTS = {
    *("label", "labels", "label_id", "label_ids", "num_classes"),
    *("input_column", "input_kind", "label_column"),
}
"""Names of what is true of some kinds of tasks only."""
AT_HOME = ("models/tasks/", "serving/")
"""Tasks decide on them; to the server they are names of TensorFlow Serving, of Kubernetes and of
Prometheus."""
ALLOWED = {
    "components/augment/copying.py": "copies are balanced by category, where there is one",
    "components/augment/stage.py": "tells an augmenter the words of the labels, to warn of them",
    "components/doctor/checks/noise.py": "checks a column of categories: labels that may be wrong",
    "components/doctor/drawing.py": "draws what was found in columns of categories",
    "components/doctor/image/shortcuts.py": "checks a column of categories: pictures that tell it",
    "components/doctor/text/shortcuts.py": "checks a column of categories: words that tell it",
    "components/doctor/text/telltale.py": "finds those words",
    "pipeline/display/answers.py": "a table of forms of answers; two of them have `labels`",
    "pipeline/error_analysis/examined.py": "the same of an answer that is examined",
    "pipeline/error_analysis/mistakes.py": "judges answers that have `labels`",
    "pipeline/guessing/guess.py": "looks at data before there is a task, for columns of labels",
    "pipeline/guessing/locating.py": "tells folders of images by their labels",
    "pipeline/modules/trainer.py": "writes all vocabularies of the task into the export",
    "pipeline/reports/run_summary.py": "shows how many copies the rows of a category got",
}
"""Files that may name them all the same, and why."""


def facts(tree):
    """Facts of some tasks that a file reads, holds, passes or looks up by name."""
    for node in ast.walk(tree):
        name = named(node)
        if name in FACTS:
            yield name


def named(node):
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.keyword) and node.arg != "label":  # Matplotlib's, of a line.
        return node.arg
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return node.slice.value
    return None


def test_what_is_true_of_some_tasks_is_named_where_there_is_a_reason():
    found = {
        path: sorted(set(facts(tree)))
        for path, tree in TREES.items()
        if not path.startswith(AT_HOME)
    }
    unknown = {path: names for path, names in found.items() if names and path not in ALLOWED}
    assert unknown == {}, "ask what a column of the task holds (models/tasks/task.py) instead"


def test_no_file_is_excused_that_needs_no_excuse():
    assert [path for path in ALLOWED if not any(facts(TREES[path]))] == []


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("row.label", ["label"]),
        ("check(rows, num_classes=3)", ["num_classes"]),
        ("class Row:\n    label_id: int", ["label_id"]),
        ("answer['labels']", ["labels"]),
        ("axes.plot(x, y, label='train')", []),
        ("def alike(labels): return sorted(labels)", []),
        ("column.holds", []),
    ],
)
def test_naming_such_a_fact_is_seen(code, names):
    assert list(facts(ast.parse(code))) == names
