"""What the documentation promises."""

import ast
import itertools
import pathlib
import re
import shlex

import click
import pytest
import yaml

from models.tasks import table
from pipeline import cli
from pipeline.config import augmentation, loading

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
AUGMENTATION = (ROOT / "docs/augmentation.md").read_text(encoding="utf-8")
SECTIONS = {
    "TrainingConfig": "training",
    "TuningConfig": "tuning",
    "EvaluationConfig": "evaluation",
    "SplitConfig": "data.split",
    "DataConfig": "data",
    "CopiesConfig": "copies",
    "CardConfig": "card",
    "RuntimeConfig": "runtime",
    "DoctorConfig": "doctor",
    "BatchAnswersConfig": "batch_answers",
    "Recipe": "model.recipe",
    "MaskedLanguageModeling": "task",
    "ContrastiveEmbedding": "task",
    "ImageContrastiveEmbedding": "task",
    "MaskedImageModeling": "task",
    "MultipleChoice": "task",
    "QuestionAnswering": "task",
    "SequenceToSequence": "task",
    "SpanCorruption": "task",
    "TextPairRegression": "task",
    "TokenClassification": "task",
}
"""Where the fields of a class stand in the YAML; those of others in `model`."""
PROGRAMS = {"make", "maru", "curl", "git", "cd", "docker"}


def blocks(language, page=README):
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def commands():
    """Every command of the README as words, comments left out."""
    for block in blocks("sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words:
                yield words


def config_fields():
    """`(class, field, whether a docstring follows)` of every dataclass a user may set."""
    names = {*loading.json_schema()["$defs"], "PipelineConfig", "ServerConfig"}
    names |= {"SGD", "Adam", "AdamW", "RMSprop"}  # The schema takes an optimizer as any mapping.
    for package in ("pipeline", "components", "models", "serving"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.ClassDef) and node.name in names:
                    for field, after in zip(node.body, [*node.body[1:], None], strict=True):
                        if isinstance(field, ast.AnnAssign):
                            yield node.name, ast.unparse(field.target), _is_text(after)


def _is_text(node):
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        and bool(node.value.value.strip())
    )


def test_every_field_of_a_config_has_a_docstring():
    fields = list(config_fields())
    known = {name for name, *_ in fields}
    assert {"PipelineConfig", "TextCNNConfig", "CsvSource", "AdamW", "ServerConfig"} <= known
    assert [f"{name}.{field}" for name, field, is_documented in fields if not is_documented] == []


def test_the_readme_shows_only_programs_people_have():
    found = [words[0] for words in commands()]
    assert {"make", "maru"} <= set(found) <= PROGRAMS


def test_make_verbs_in_the_readme_exist_and_are_listed_by_help():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))
    verbs = {word for words in commands() if words[0] == "make" for word in words[1:]}
    assert {"demo", "test"} <= {verb for verb in verbs if "=" not in verb} <= targets


@pytest.mark.parametrize(
    "words", [words for words in commands() if words[0] == "maru"], ids=" ".join
)
def test_maru_commands_in_the_readme_have_the_options_they_use(words):
    command = cli.cli.commands[words[1]]
    command.make_context(words[1], words[2:])  # Raises what `maru` would print.


def test_every_verb_is_in_the_readme():
    shown = {words[1] for words in commands() if words[0] == "maru"}
    assert shown == set(cli.cli.commands)
    for command in cli.cli.commands.values():
        assert isinstance(command, click.Command)
        assert command.help


def test_paths_in_the_table_of_changes_exist():
    (table,) = re.findall(r"^## To change X\n(.*?)^## ", README, re.MULTILINE | re.DOTALL)
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 8
    named = [path for row in rows for path in re.findall(r"`([^`]+)`", row)]
    assert len(named) >= len(rows)
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_table_of_tasks_holds_every_kind_with_a_config_of_it():
    (page,) = re.findall(r"^## Tasks\n(.*?)^## ", README, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\| `(\w+)` \| \[\w+\]\((configs/\w+\.yaml)\)", page, re.MULTILINE)
    assert [kind for kind, _ in rows] == list(dict.fromkeys(kind for kind, _ in rows))
    assert {kind for kind, _ in rows} == set(table.TASKS)
    assert {kind: loading.load(ROOT / path).task.kind for kind, path in rows} == {
        kind: kind for kind, _ in rows
    }


def test_links_in_the_readme_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    local = [link for link in links if "://" not in link]
    assert local
    assert [link for link in local if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("text", blocks("yaml"))
def test_configs_in_the_readme_load(text, tmp_path):
    path = tmp_path / "reviews.yaml"
    path.write_text(text, encoding="utf-8")
    assert loading.load(path).name


@pytest.mark.parametrize("section", blocks("yaml", AUGMENTATION))
def test_sections_in_the_page_on_augmentation_load(section):
    fields = yaml.safe_load(section)
    operations = fields.setdefault("augmentation", ["flip"])
    kinds = {one if isinstance(one, str) else one["kind"] for one in operations}
    is_text = kinds <= augmentation.OPERATIONS["text"].keys()
    base = {
        "name": "page",
        "task": {"kind": "text_classification" if is_text else "image_classification"},
        "data": {"source": {"kind": "sample", "name": "imdb_small" if is_text else "digits"}},
        "model": {"kind": "text_cnn"} if is_text else {"kind": "vit"},
    }
    found = loading.from_mapping(base | fields, source="the page")
    assert [operation.kind for operation in found.augmentation] == [
        one if isinstance(one, str) else one["kind"] for one in operations
    ]


def test_the_page_on_augmentation_names_every_operation():
    names = {name for operations in augmentation.OPERATIONS.values() for name in operations}
    assert {name for name in names if not re.search(rf"\b{name}\b", AUGMENTATION)} == set()


def pages():
    """Every page, by its path."""
    paths = [ROOT / "README.md", ROOT / "README.ko.md", *(ROOT / "docs").glob("*.md")]
    return [(path, path.read_text(encoding="utf-8")) for path in sorted(paths)]


def test_links_in_every_page_lead_somewhere():
    wrong = [
        f"{path.name}: {link}"
        for path, text in pages()
        for link in re.findall(r"\]\(([^)#\s]+)\)", text)
        if "://" not in link and not (path.parent / link).exists()
    ]
    assert wrong == []


def test_the_index_of_docs_names_every_page():
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    names = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {name for name in names if f"]({name})" not in index} == set()


def shown_by_concepts(page):
    """What the third column of each row names: fields, kinds, commands."""
    rows = re.findall(r"^\|[^|]+\|[^|]+\|([^|]+)\|[^|]*\|$", page, re.MULTILINE)
    return [tuple(re.findall(r"`([^`]+)`", row)) for row in rows]


def known_words(definitions):
    """Dotted fields by section, as far as a page of concepts goes, and kinds."""
    words = set(loading.json_schema()["properties"])
    for name, definition in definitions.items():
        kind = definition.get("properties", {}).get("kind", {}).get("const")
        words |= {kind} if kind else set()
        fields = set(definition.get("properties", {}))
        section = SECTIONS.get(name, "model")
        words |= {f"{section}.{field}" for field in fields}
    return words


def test_concepts_name_fields_and_commands_that_exist():
    page = (ROOT / "docs/concepts.md").read_text(encoding="utf-8")
    definitions = loading.json_schema()["$defs"]
    known = known_words(definitions) | {f"maru {name}" for name in cli.cli.commands}
    named = {word for row in shown_by_concepts(page) for word in row}
    assert len(named) > 40
    assert named - known == set()


def test_concepts_say_the_same_in_korean():
    english, korean = (
        shown_by_concepts((ROOT / f"docs/concepts{end}.md").read_text(encoding="utf-8"))
        for end in ("", ".ko")
    )
    assert english == korean


def test_the_korean_readme_shows_the_same_commands_configs_and_figures():
    korean = (ROOT / "README.ko.md").read_text(encoding="utf-8")
    for language in ("sh", "yaml"):
        assert blocks(language, korean) == blocks(language)
    kinds = re.findall(r"^\| `(\w+)` \|", korean, re.MULTILINE)
    assert kinds == re.findall(r"^\| `(\w+)` \|", README, re.MULTILINE)
    figures = r"\d\.\d{2,}|`\w+: \{\w+"
    assert sorted(re.findall(figures, korean)) == sorted(re.findall(figures, README))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "configs").rglob("*.yaml")), ids=lambda path: path.name
)
def test_every_config_says_what_it_is_for_how_to_run_it_and_what_to_expect(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    head = list(itertools.takewhile(lambda line: line.startswith("#"), lines))
    assert head and re.fullmatch(r"# .+\.", head[0])
    (run,) = [line for line in head if line.startswith("# Run:     ")]
    (expected,) = [line for line in head if line.startswith("# Expect:  ")]
    assert str(path.relative_to(ROOT)) in run or "benchmarks" in run
    assert re.search(r"second|minute|hour", expected)


def test_exit_codes_in_the_readme_are_those_of_the_program():
    from pipeline.commands import run

    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert codes == {0, 1, 2, run.REFUSED, 130}


def test_decisions_are_numbered_without_gaps():
    numbers = sorted(int(p.name[:4]) for p in (ROOT / "docs/decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers
