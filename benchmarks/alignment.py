"""How far a translator's attention is from the words that IBM model 1 links.

    python -m benchmarks.alignment VERSION TRAIN.tsv --source en --target de [--rows 300]

VERSION is the folder of a pushed version of `sequence_to_sequence`. It translates the last rows of
the table; each word that it wrote is linked to the word that it looked at most, and to the one that
model 1, learned on the whole table, finds likeliest. The alignment error rate between both is that
of Och and Ney (2003), https://aclanthology.org/J03-1002, section 2.4, where all links of model 1
are sure ones: 0 if they are the same, 1 if none is. Beside it stand links by place alone: a word to
the one at the same share of the text.
"""

import csv
import pathlib
from collections.abc import Collection

import click
import numpy as np

from components.baseline.words import Table
from models.tasks import endpoints
from pipeline.display import alignment_plot
from serving import ragged
from serving.execution.saved_model import SavedModelPredictor

Links = set[tuple[int, int]]
"""Places of words that were written, and of those that they are linked to."""
_ROUNDS = 5


@click.command()
@click.argument("version", type=click.Path(exists=True, path_type=pathlib.Path))
@click.argument("table", type=click.Path(exists=True, path_type=pathlib.Path))
@click.option("--source", required=True, help="Column that is read.")
@click.option("--target", required=True, help="Column that is written.")
@click.option("--rows", default=300, show_default=True, help="Texts to translate.")
def main(version: pathlib.Path, table: pathlib.Path, source: str, target: str, rows: int) -> None:
    """See the module."""
    with table.open(encoding="utf-8", newline="") as file:
        read = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        pairs = [(row[source].split(), row[target].split()) for row in read]
    links = Table(pairs, has_empty=False)
    for _ in range(_ROUNDS):
        links.learn()
    predictor = SavedModelPredictor(version)
    rates: dict[str, list[float]] = {"attention": [], "place": []}
    for words, _ in pairs[-rows:]:
        asked = {"text": np.array([" ".join(words).encode()], object)}
        (answer,) = ragged.rows(predictor.predict(endpoints.ALIGN, asked))
        found = alignment_plot.of_words(answer)
        if found is None:
            raise SystemExit(f"{version} has no attention")
        # The ends of both texts are no words.
        written, looked, weights = found.written[:-1], found.read[:-1], found.weights[:-1, :-1]
        if not written or not looked:
            continue
        by_model_1 = likeliest(links, written, looked)
        by_place = {(place, place * len(looked) // len(written)) for place in range(len(written))}
        attended = set(enumerate(weights.argmax(1).tolist()))
        rates["attention"].append(error_rate(attended, by_model_1))
        rates["place"].append(error_rate(by_place, by_model_1))
    predictor.close()
    for name, each in rates.items():
        click.echo(f"{name}: alignment error rate {np.mean(each):.3f} on {len(each)} texts")


def likeliest(table: Table, written: Collection[str], read: Collection[str]) -> Links:
    """The link of each word by model 1; none of a word that never stood beside any of them."""
    found = set()
    for place, word in enumerate(written):
        shares = [table.probability(word, one) for one in read]
        if max(shares) > 0:
            found.add((place, int(np.argmax(shares))))
    return found


def error_rate(found: Links, sure: Links) -> float:
    """Och and Ney's rate where all that is possible is sure; 0 of nothing."""
    total = len(found) + len(sure)
    return 1 - 2 * len(found & sure) / total if total else 0.0


if __name__ == "__main__":
    main()
