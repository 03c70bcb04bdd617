"""The rules that keep the packages apart, checked on the source without importing it."""

import ast
import pathlib
import re

import pytest

from tests.source import PACKAGES, ROOT, SOURCES, TREES, imports

FORBIDDEN = {
    "pipeline": {"tests", "benchmarks"},
    "components": {"models", "serving", "pipeline", "tests", "benchmarks"},
    "models": {"components", "serving", "pipeline", "tests", "benchmarks"},
    "serving": {"components", "models", "pipeline", "tests", "benchmarks"},
}
"""Who must not import whom: siblings cooperate through arguments and files."""
FACES = re.compile(r"components/\w+/(component|executor)\.py|components/artifacts\.py|pipeline/.*")
"""Files that may know TFX; everything else runs and is tested without it."""
COMMANDS = {"pipeline/cli.py", "serving/__main__.py", "serving/probe.py"}
"""Files that talk to a person through standard output."""
OUR_WORDS = (
    *("pipeline/", "components/", "models/"),
    *("serving/bundle/", "serving/client/", "serving/load/"),
)
"""Where errors are worded by this project; the rest of `serving/` repeats TensorFlow Serving's."""
NOTHING_TO_QUOTE = {
    # What stands there cannot be shown, or is told by whoever catches it with file and line.
    ("components/ingest/images.py", "a TIFF whose first picture"),
    ("components/ingest/images.py", "damaged PNG"),
    ("components/ingest/sources/dialect.py", "a quote is opened and not closed"),
    ("components/ingest/sources/json_text.py", "not JSON that can be read: a number with too many"),
    ("components/ingest/sources/json_text.py", "not JSON that can be read: it is nested too"),
    ("components/ingest/tfexample.py", "not a serialized tf.Example"),
    ("pipeline/config/yaml_words.py", "it is nested too deeply"),
    ("serving/client/rest_json.py", "It is nested too deeply"),
    # Nothing was given, or something was not done before.
    ("models/text/presets.py", "The preset 'minilm' is carried by the Python package"),
    ("pipeline/modules/trial.py", "A search is of a config with `tuning`"),
    ("pipeline/modules/trial.py", "`fit` counts for what `build` returned last"),
    ("pipeline/modules/trial.py", "`fit` trains what `build` returned last"),
    ("serving/client/calls.py", "A blocking call tried to wait for an event loop"),
}
"""File and first words of errors about what is no value."""
LONGEST = 400
"""Lines of a file."""
FOREIGN = {
    "backbone",
    "default",
    "definition",
    "error",
    "feature",
    "getattr(layer, 'activation', None)",
    "image",
    "layer",
    "loaded",
    "loaded.__call__",
    "message",
    "record",
    "self._model.backbone",
    "shape",
    "shard",
    "stream",
    "tokenizer",
    "value",
}
"""What others made may lack an attribute; a config has its fields, and the zoo says which."""
CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def importers_of(library):
    return {
        path
        for path, tree in TREES.items()
        if any(n.split(".")[0] == library for n in imports(tree))
    }


def test_there_is_something_to_check():
    assert len(TREES) > 60
    assert {path.split("/")[0] for path in TREES} == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_what_lies_below_them(package):
    wrong = [
        f"{path} imports {name}"
        for path, tree in TREES.items()
        if path.startswith(f"{package}/")
        for name in imports(tree)
        if name.split(".")[0] in FORBIDDEN[package]
    ]
    assert wrong == []


def test_tfx_stays_at_the_edge():
    assert [path for path in sorted(importers_of("tfx")) if not FACES.fullmatch(path)] == []


def test_the_web_server_stays_in_the_file_that_runs_it():
    assert importers_of("uvicorn") == {"serving/rest/http_server.py"}


def test_beam_stays_in_the_components_and_the_metrics_of_the_evaluator():
    outside = {p for p in importers_of("apache_beam") if not p.startswith("components/")}
    assert outside == {"pipeline/stages/tfma_metrics.py"}


def test_keras_is_the_one_that_is_not_in_tensorflow():
    wrong = []
    for path, tree in TREES.items():
        wrong += [
            f"{path}: {ast.unparse(node)}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "tf.keras"
        ]
        wrong += [
            f"{path}: {name}"
            for name in imports(tree)
            if name.startswith(("tensorflow.keras", "tf_keras"))
        ]
    assert wrong == []


def function_components():
    """`(path, tree, function)` of every function that `@component` turns into a component."""
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                names = {ast.unparse(d).split("(")[0].split(".")[-1] for d in node.decorator_list}
                if "component" in names:
                    yield path, tree, node


def test_function_components_avoid_the_traps_of_tfx():
    found = list(function_components())
    assert {path for path, *_ in found} >= {
        "components/baseline/component.py",
        "components/canary/component.py",
    }
    for path, tree, function in found:
        # TFX reads raw annotations, and fails on strings with another error's message.
        assert "__future__.annotations" not in set(imports(tree)), path
        # TFX drops keyword-only arguments in silence.
        assert function.args.kwonlyargs == [], f"{path}: {function.name}"
        assert ast.unparse(function.returns) == "None", f"{path}: {function.name}"
        assert function in tree.body, f"{path}: {function.name} must be at the top level"


def test_only_commands_print():
    wrong = [
        f"{path}:{node.lineno}"
        for path, tree in TREES.items()
        if path not in COMMANDS
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "sys.stdout.write")
    ]
    assert wrong == []


def test_mistakes_of_a_caller_are_not_asserted():
    wrong = [
        f"{path}:{node.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
    ]
    assert wrong == []


def raised_texts():
    """`(path, text, whether a value stands in it)` of every error whose words are ours."""
    for path, tree in TREES.items():
        if not path.startswith(OUR_WORDS):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                inside = [
                    inner
                    for given in (*node.exc.args, *(word.value for word in node.exc.keywords))
                    for inner in ast.walk(given)
                ]
                texts = [one.value for one in inside if isinstance(one, ast.Constant)]
                text = "".join(one for one in texts if isinstance(one, str))
                quotes = any(isinstance(one, ast.Name | ast.FormattedValue) for one in inside)
                yield path, text, quotes


def test_errors_quote_what_they_received():
    raised = list(raised_texts())
    bare = {(path, text) for path, text, quotes in raised if text and not quotes}
    unexpected = [
        (path, text)
        for path, text in bare
        if not any(path == where and text.startswith(start) for where, start in NOTHING_TO_QUOTE)
    ]
    assert unexpected == [], "say what was received, or why nothing was in NOTHING_TO_QUOTE"
    gone = [
        (where, start)
        for where, start in NOTHING_TO_QUOTE
        if not any(path == where and text.startswith(start) for path, text in bare)
    ]
    assert gone == []
    assert len(raised) > 300


def test_files_are_short_enough_to_be_read():
    files = [*SOURCES, *(ROOT / "tests").rglob("*.py")]
    lengths = {str(p.relative_to(ROOT)): p.read_bytes().count(b"\n") for p in files}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


def test_names_say_what_is_in_a_file():
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "base"}
    assert [path for path in TREES if pathlib.Path(path).stem in vague] == []


def assigned(node):
    """Names that a statement of a module gives values to."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {name.id for target in targets for name in ast.walk(target) if is_name(name)}


def is_name(node):
    return isinstance(node, ast.Name)


def misplaced_constants(tree):
    """Lines of constants below the first function that need neither a function nor a class."""
    made_here = {node.name for node in tree.body if isinstance(node, DEFINITIONS)}
    is_below = False
    for node in tree.body:
        is_below = is_below or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        names = assigned(node)
        if made_here & {name.id for name in ast.walk(node.value) if is_name(name)}:
            made_here |= names  # What needs it needs them, too.
        elif is_below and names and all(CONSTANT.fullmatch(name) for name in names):
            yield node.lineno


def test_constants_stand_above_the_first_function():
    wrong = [f"{path}:{line}" for path, tree in TREES.items() for line in misplaced_constants(tree)]
    assert wrong == []


@pytest.mark.parametrize(
    ("below", "lines"),
    [
        ("_LATE = 2", [3]),
        ("_LATE: int = 2", [3]),
        ("A, _B = 1, 2", [3]),
        ("TABLE = {1: first}", []),
        ("TABLE = {1: first}\nKEYS = tuple(TABLE)", []),
        ("encoder = str", []),
    ],
)
def test_a_constant_below_a_function_is_misplaced_unless_it_needs_one(below, lines):
    assert list(misplaced_constants(ast.parse(f"def first():\n    pass\n{below}"))) == lines


def test_functions_that_tfx_calls_by_dotted_path_exist():
    text = "".join(path.read_text() for path in (ROOT / "pipeline/stages").glob("*.py"))
    paths = re.findall(r'_fn="([\w.]+)"', text)
    assert len(paths) == 3
    for path in paths:
        module, _, function = path.rpartition(".")
        tree = TREES[f"{module.replace('.', '/')}.py"]
        assert function in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}, path


def asked_by_name(tree):
    """What a file asks for an attribute that may be missing, by a name written out."""
    for node in ast.walk(tree):
        is_asked = isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "hasattr")
        if is_asked and isinstance(node.args[1], ast.Constant):
            yield ast.unparse(node.args[0])


def compared_kinds(tree):
    """Kinds of configs, written out, that a file compares a `kind` with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and is_kind(node.left):
            yield from (text for other in node.comparators for text in written_out(other))
        elif isinstance(node, ast.Call) and is_affix(node.func):
            yield from (text for argument in node.args for text in written_out(argument))


def is_affix(function):
    is_method = isinstance(function, ast.Attribute) and function.attr in ("startswith", "endswith")
    return is_method and is_kind(function.value)


def is_kind(node):
    # NumPy has kinds of its own.
    is_attribute = isinstance(node, ast.Attribute) and node.attr == "kind"
    return is_attribute and not ast.unparse(node.value).endswith("dtype")


def written_out(node):
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]


def kinds_of(tree):
    """Values that a file's own fields `kind` may have."""
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "kind":
            yield from written_out(node.annotation)


def test_no_config_is_asked_whether_it_has_a_field():
    wrong = [
        f"{path}: {asked}"
        for path, tree in TREES.items()
        for asked in asked_by_name(tree)
        if asked not in FOREIGN
    ]
    assert wrong == []


def test_a_kind_is_compared_in_its_own_file_alone():
    wrong = [
        f"{path}: {kind}"
        for path, tree in TREES.items()
        for kind in compared_kinds(tree)
        if kind not in set(kinds_of(tree))
        and not path.startswith("serving/")  # It knows no config.
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("getattr(config.model, 'image_size', None)", ["config.model"]),
        ("hasattr(model, 'weighting')", ["model"]),
        ("getattr(config, field)", []),
    ],
)
def test_asking_by_a_name_written_out_is_seen(code, asked):
    assert list(asked_by_name(ast.parse(code))) == asked


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("model.kind == 'vit'", ["vit"]),
        ("config.model.kind in ('vit', 'vgg')", ["vit", "vgg"]),
        ("model.kind.startswith('hub_')", ["hub_"]),
        ("table[model.kind]", []),
        ("array.dtype.kind == 'O'", []),
    ],
)
def test_comparing_a_kind_is_seen(code, kinds):
    assert list(compared_kinds(ast.parse(code))) == kinds


def test_every_folder_of_code_is_a_package():
    folders = {path.parent for path in SOURCES}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []
