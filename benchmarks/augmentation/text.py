"""How fast EDA is, against textaugment and nlpaug.

Several new texts of each sentence by each operation, one share of words, one process each; they
take turns. Processor time counts, which other work on the machine disturbs less. Synonyms are
read by NLTK from the same files of WordNet on both sides. Where there is no WordNet, those files
are made from word vectors, with fewer synonyms per word than the real one. nlpaug's synonyms need
a tagger's model that it downloads, so only its swaps and deletions are measured. The peers live
in an environment that the first run installs below --out.

Ours also derives each text from the seed and its row alone, keeps punctuation and case, and drops
repeated texts; the peers do not.
"""

import csv
import json
import os
import pathlib
import re
import statistics
import time
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from benchmarks import workers
from benchmarks.augmentation import text_wordnet
from components.augment.text import augmenting, stop_words, synonyms, vectors, words
from components.augment.text.config import EDA_OPERATIONS, EdaConfig, EdaOperation, WordnetSynonyms
from components.ingest.samples import table as samples
from models.text import presets

_REQUIREMENTS = ("nlpaug==1.1.11", "textaugment==3.0.0", "nltk==3.10.4")
_ALPHA = 0.1
_ALL = "all four"
_OFF = EdaOperation(n_aug=0)


@click.command()
@click.option(
    "--texts",
    type=click.Path(exists=True, dir_okay=False, path_type=pathlib.Path),
    help="TSV with the sentences in its first column; default: those of the sample imdb_small.",
)
@click.option(
    "--copies",
    type=click.IntRange(1),
    default=4,
    show_default=True,
    help="New texts of a sentence by each operation; the paper's table has 4 for 500 rows.",
)
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option(
    "--wordnet",
    type=click.Path(exists=True, file_okay=False, path_type=pathlib.Path),
    help="A folder `corpora/wordnet` of NLTK's data; default: made up.",
)
@click.option("--peer-python", help="Use this environment instead of installing one.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=pathlib.Path),
    default=pathlib.Path("workspace/benchmarks"),
    show_default=True,
)
def main(
    texts: pathlib.Path | None,
    copies: int,
    rounds: int,
    wordnet: pathlib.Path | None,
    peer_python: str | None,
    out: pathlib.Path,
) -> None:
    """New texts per second by each operation of EDA, against textaugment and nlpaug."""
    terminal = Console(highlight=False)
    folder = out.resolve() / "augment_text"
    folder.mkdir(parents=True, exist_ok=True)
    python = peer_python or workers.environment(
        folder / "environment", _REQUIREMENTS, "nlpaug and textaugment", terminal.print
    )
    sentences = _sentences(texts, folder)
    place = wordnet.resolve() if wordnet else _make_up(sentences, folder / "nltk_data")
    (folder / "sentences.json").write_text(json.dumps(sentences), "utf-8")
    (folder / "stop_words.json").write_text(json.dumps(sorted(stop_words.load("english"))), "utf-8")
    files = [folder / "sentences.json", folder / "stop_words.json", place.parent.parent]
    command = [python, "-m", "benchmarks.augmentation.text_peer", *map(str, files)]
    peer = workers.Worker.start("The peers", command, folder / "peer.log")
    rates, first = _measure(peer, sentences, str(place), copies, rounds, terminal)
    peer.end()
    terminal.print(_table(rates))
    terminal.print(
        f"{len(sentences):,} sentences; first pass with all synonyms unknown: {first:.1f} s"
    )
    result = {
        "sentences": len(sentences),
        "copies": copies,
        "words": sum(len(sentence.split()) for sentence in sentences),
        "synonyms": "WordNet" if wordnet else "made up",
        "processors": os.cpu_count(),
        "first_pass_seconds": first,
        "texts_per_second": rates,
    }
    (folder / "augment_text.json").write_text(json.dumps(result, indent=2), "utf-8")
    terminal.print(f"written: {folder / 'augment_text.json'}; the peer's log beside it")


def _sentences(texts: pathlib.Path | None, folder: pathlib.Path) -> list[str]:
    """Sentences of three words, not all of them stop words, each once: the peers fail on others."""
    if texts is None:
        table = samples.materialise("imdb_small", str(folder / "samples"))
        with open(table.path, encoding="utf-8", newline="") as file:
            found = [
                sentence
                for row in csv.DictReader(file)
                for sentence in re.split(r"(?<=[.!?])\s+|<br />", row["text"])
            ]
    else:
        found = [line.split("\t")[0] for line in texts.read_text("utf-8").splitlines()[1:]]
    taken = words.by_spaces(found)
    long = [text.strip() for text, parts in zip(found, taken, strict=True) if len(parts.places) > 2]
    stopped = stop_words.load("english")
    return [text for text in dict.fromkeys(long) if not stopped.issuperset(text.lower().split())]


def _make_up(sentences: Sequence[str], root: pathlib.Path) -> pathlib.Path:
    """Files of WordNet from nearest neighbours of the sentences' words."""
    known = vectors.read_preset(pathlib.Path(presets.resolve("minilm")))
    near = vectors.Neighbors(*known, threshold=0.5, most=5)
    tokens = {token for text in words.by_spaces(sentences) for token in text.tokens}
    asked = sorted({synonyms.fold(words.affixes(token).word) for token in tokens})
    found = near.find(asked)
    place = root / "corpora" / "wordnet"
    text_wordnet.write(place, [[word, *others] for word, others in found.items() if others])
    return place


def _measure(
    peer: workers.Worker,
    sentences: list[str],
    wordnet: str,
    copies: int,
    rounds: int,
    terminal: Console,
) -> tuple[dict[str, dict[str, list[float]]], float]:
    """New texts per second by operation and library, one figure a round; our first pass."""
    labels, rows = [""] * len(sentences), [(text,) for text in sentences]
    resources = augmenting.Resources(preset=presets.resolve, cache=pathlib.Path())
    augmenters = {
        name: augmenting.TextAugmenter(
            [_config(name, wordnet, copies)], len(sentences), resources, ["text"]
        )
        for name in (*EDA_OPERATIONS, _ALL)
    }
    started = time.process_time()
    for augmenter in augmenters.values():
        list(augmenter.augment(rows, labels, seed=0))
    first = time.process_time() - started
    libraries = {name: ["textaugment"] for name in EDA_OPERATIONS}
    libraries["random_swap"].append("nlpaug")
    libraries["random_deletion"].append("nlpaug")
    rates: dict[str, dict[str, list[float]]] = {name: {} for name in augmenters}
    for number in range(1, rounds + 1):
        for name, augmenter in augmenters.items():
            started = time.process_time()
            count = sum(1 for _ in augmenter.augment(rows, labels, seed=number))
            rate = count / (time.process_time() - started)
            rates[name].setdefault("Maru", []).append(rate)
            for library in libraries.get(name, ()):
                answer = peer.ask(library=library, operation=name, alpha=_ALPHA, copies=copies)
                rate = answer["texts"] / answer["seconds"]
                rates[name].setdefault(library, []).append(rate)
        shares = [1 / rates[name]["textaugment"][-1] for name in EDA_OPERATIONS]
        rates[_ALL].setdefault("textaugment", []).append(len(shares) / sum(shares))
        terminal.print(f"round {number} of {rounds}")
    return rates, first


def _config(name: str, wordnet: str, copies: int) -> EdaConfig:
    wanted = EDA_OPERATIONS if name == _ALL else (name,)
    on = EdaOperation(alpha=_ALPHA, n_aug=copies)
    settings = {one: on if one in wanted else _OFF for one in EDA_OPERATIONS}
    return EdaConfig(**settings, synonyms=(WordnetSynonyms(wordnet),))


def _table(rates: dict[str, dict[str, list[float]]]) -> Table:
    table = Table("operation", "library", "texts per second", "Maru's is")
    for name, libraries in rates.items():
        for library, found in libraries.items():
            ratios = [ours / theirs for ours, theirs in zip(libraries["Maru"], found, strict=True)]
            times = (
                ""
                if library == "Maru"
                else (f"{statistics.median(ratios):.1f} x ({min(ratios):.1f} to {max(ratios):.1f})")
            )
            table.add_row(name, library, f"{statistics.median(found):,.0f}", times)
    return table
