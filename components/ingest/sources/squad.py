"""Read SQuAD's files: articles of paragraphs of questions, with the answers that stand in them.

Source: Rajpurkar et al. (2016), "SQuAD", https://arxiv.org/abs/1606.05250, and (2018), "Know What
You Don't Know", https://arxiv.org/abs/1806.03822; KorQuAD 1.0 has the same form. Columns of the
rows: `question`, `context`, `answers`, `id` and `title`, that of the article.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from components.ingest import columns, config, errors, row
from components.ingest.files import contents, source_files
from components.ingest.sources import json_document

COLUMNS = ("question", "context", "answers", "id", "title")
_FORM = (
    'Expected {"data": [{"title", "paragraphs": [{"context", "qas": [{"id", "question", '
    '"answers": [{"text", "answer_start"}]}]}]}]}.'
)


def shards(
    source: config.SquadSource, base: str, wanted: columns.Wanted
) -> list[json_document.Document]:
    """Whole files: each is one object.

    Raises:
        DataError: If files are missing, or not of this form.
    """
    found = []
    for file in source_files.find(source, base):
        contents.require_text(file, source.encoding)
        columns.require(list(COLUMNS), wanted.names, file.name)
        document = json_document.Document(file, wanted.names)
        _articles(source, document)
        found.append(document)
    return found


def is_squad(source: config.SquadSource, file: source_files.DataFile) -> bool:
    """Whether a file is of this form."""
    try:
        return bool(_articles(source, json_document.Document(file, ())))
    except errors.DataError:
        return False


def read(
    source: config.SquadSource, document: json_document.Document
) -> Iterator[row.Row | row.Rejected]:
    """A row for each question."""
    number = 0
    for article in _articles(source, document):
        for paragraph in _listed(article, "paragraphs"):
            for question in _listed(paragraph, "qas"):
                number += 1
                where = f"{document.file.name}:{number}"
                if not isinstance(question, Mapping):
                    shown = row.excerpt(str(question))
                    yield row.Rejected(where, f"a question is {shown}, not an object", shown)
                    continue
                values = {
                    "question": question.get("question"),
                    "context": paragraph.get("context"),
                    "answers": question.get("answers"),
                    "id": question.get("id"),
                    "title": article.get("title"),
                }
                yield row.Row(values, where, document.split)


def _articles(source: config.SquadSource, document: json_document.Document) -> list[Any]:
    name = document.file.name
    found = json_document.only_object(_as_jsonl(source), document)
    articles = found.get("data") if found else None
    if not isinstance(articles, list) or not any(_listed(one, "paragraphs") for one in articles):
        keys = "something else" if found is None else f"an object with the keys {list(found)[:8]}"
        raise errors.DataError(f"{name} is no SQuAD file but {keys}. {_FORM}")
    return articles


def _as_jsonl(source: config.SquadSource) -> config.JsonlSource:
    return config.JsonlSource(source.path, encoding=source.encoding)


def _listed(holder: Any, key: str) -> list[Any]:
    """The list under a key; none where it is no list."""
    found = holder.get(key) if isinstance(holder, Mapping) else None
    return found if isinstance(found, list) else []
