"""Paragraphs of the documentation of installed libraries: which library is it?

A text classification task of honest difficulty that every installation carries.
Sources are parsed, never imported. Whatever gives the answer away without
understanding is left out: names of libraries and modules, dotted references, private
names, directives, and phrases that a library repeats.
"""

import ast
import csv
import hashlib
import importlib.util
import inspect
import pathlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from components.ingest import errors

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
LIBRARIES = {
    "apache-beam": "apache_beam",
    "keras": "keras",
    "matplotlib": "matplotlib",
    "nltk": "nltk",
    "pandas": "pandas",
    "scikit-learn": "sklearn",
}
"""Distribution, which is the label, and package."""
DISTRIBUTIONS = tuple(LIBRARIES)
ROWS_PER_LIBRARY = 500
_MIN_LIBRARIES = 5
_MAX_PARAGRAPHS = 6
_MIN_WORDS, _MAX_WORDS = 12, 80
_MAX_SAME_START = 4
_NOT_PUBLIC = re.compile(
    r"(?:^|_)tests?(?:_|\.|$)|^(?:testing|conftest\.py|examples|externals|clients|_?vendor(?:ed)?)$"
)

_ALIASES = (
    r"sci-?kit|scikits?|sklearn|scipy|numpy|numpydoc|pandas|matplotlib|pyplot|pylab|mpl|keras|"
    r"tensorflow|tf|torch|pytorch|jax|openvino|nltk|apache|beam|dataflow|np|pd|plt|theano|"
    r"python|cython|pyarrow|arrow|toolkit"
)
_GIVEAWAY = re.compile(
    rf"(?<![a-z])(?:{_ALIASES})(?![a-z])"
    r"|\b[A-Za-z_]\w*\.[A-Za-z_]\w*"  # dotted references and file names
    r"|(?<!\w)_\w+|\w+_(?!\w)"  # private names
    r"|^\w+:"  # headings such as "Args:"
    r"|__\w+|-{3}|~{3}| : |::|>>>|https?:|www\.|\.\. |@|\\|[{}<>|=]"
    r"|versionadded|versionchanged|deprecat",
    re.IGNORECASE,
)
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|et al|etc|vs)\.", re.IGNORECASE)
_ROLE = re.compile(r":[a-z:]+:`~?\.?([^`<]*?)(?:\s*<[^`>]*>)?`")
_LEADING_DOT = re.compile(r"(?<![\w.])[~.]+(?=[A-Za-z])")
_WORD = re.compile(r"[A-Za-z][a-z'-]*[A-Za-z]|[aAI]")


def write(folder: pathlib.Path) -> None:
    """Write `library_docs.csv` with the columns `text` and `library`.

    Raises:
        DataError: If fewer than five of the libraries are installed.
    """
    found_libraries = installed(LIBRARIES)
    if len(found_libraries) < _MIN_LIBRARIES:
        raise errors.DataError(
            f"The sample library_docs needs the sources of {_MIN_LIBRARIES} of these libraries: "
            f"{', '.join(LIBRARIES)}. Installed: {', '.join(found_libraries) or 'none'}."
        )
    found = {name: paragraphs(place) for name, place in found_libraries.items()}
    with open(folder / "library_docs.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["text", "library"])
        for name, texts in choose(found).items():
            table.writerows([text, name] for text in texts)


def paragraphs(package: pathlib.Path) -> list[str]:
    """Usable paragraphs from the beginnings of all docstrings below a folder."""
    found = []
    for file in public_files(package):
        docstrings = [ast.get_docstring(node) or "" for node in definitions(file)]
        texts = [text for docstring in docstrings for text in paragraphs_of(docstring)]
        found += [text for text in map(clean, texts) if text]
    return found


def public_files(package: pathlib.Path) -> Iterator[pathlib.Path]:
    """The files below a folder that are no tests and nobody else's code, in order."""
    for file in sorted(package.rglob("*.py")):
        if not any(_NOT_PUBLIC.search(part) for part in file.relative_to(package).parts):
            yield file


def clean(paragraph: str) -> str | None:
    """A paragraph as plain text, or None if it is no sentence or gives itself away."""
    text = _ROLE.sub(r"\1", " ".join(paragraph.split())).replace("`", "").replace("*", "")
    text = _LEADING_DOT.sub("", text)
    words = text.split()
    if not _MIN_WORDS <= len(words) <= _MAX_WORDS:
        return None
    if not (text.isascii() and text[0].isupper() and text.endswith(".")):
        return None
    if _GIVEAWAY.search(_ABBREVIATION.sub("", text)):
        return None
    plain = sum(bool(_WORD.fullmatch(word.strip("().,;:!?\"'"))) for word in words)
    return text if plain >= 0.8 * len(words) else None


def choose(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Equally many texts per library, each of them unlike the others.

    The choice goes by hash, so it changes little when a library does.

    Args:
        found: Texts by library.
    """
    owners = defaultdict(set)
    for name, texts in found.items():
        for text in texts:
            owners[_key(text)].add(name)
    chosen = {}
    for name, texts in sorted(found.items()):
        own = [text for text in sorted(set(texts), key=hash_of) if len(owners[_key(text)]) == 1]
        chosen[name] = list(_varied(own))[:ROWS_PER_LIBRARY]
    return chosen


def _varied(texts: list[str]) -> Iterator[str]:
    """Leave out near copies: the same six first words, or a start that is used often."""
    seen: set[tuple[str, ...]] = set()
    starts: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        words = _key(text).split()
        opening, start = tuple(words[:6]), tuple(words[:3])
        if opening in seen or starts[start] == _MAX_SAME_START:
            continue
        seen.add(opening)
        starts[start] += 1
        yield text


def _key(text: str) -> str:
    """What two texts share if they differ only in case, digits and punctuation."""
    return " ".join(re.findall("[a-z]+", text.lower()))


def hash_of(text: str) -> bytes:
    """What the choice of texts goes by."""
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


def installed(libraries: Mapping[str, str] = LIBRARIES) -> dict[str, pathlib.Path]:
    """Folders of the libraries that are there, by distribution.

    Args:
        libraries: Their packages by distribution.
    """
    found = {}
    for name, package in libraries.items():
        # `find_spec` of a top-level package does not import it.
        spec = importlib.util.find_spec(package)
        if spec and spec.submodule_search_locations:
            found[name] = pathlib.Path(spec.submodule_search_locations[0])
    return found


def paragraphs_of(docstring: str) -> list[str]:
    """The first paragraphs of a docstring."""
    return inspect.cleandoc(docstring).split("\n\n")[:_MAX_PARAGRAPHS]


def definitions(file: pathlib.Path) -> Iterator[Definition]:
    """The public functions and classes of a file."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return  # Templates and files for other versions of Python.
    for node in ast.walk(tree):
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node
