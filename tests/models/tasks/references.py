"""Answers that are drawn, and the libraries that metrics are held against."""

import numpy as np
import sacrebleu
import scipy.spatial
import scipy.stats
import seqscore.scoring
import sklearn.metrics
from rouge_score import rouge_scorer
from sklearn.feature_extraction.text import CountVectorizer

from components.ingest import spans

WORDS = ("하나", "two", "three")


def _draw_category(random, size):
    shares = random.dirichlet(np.ones(3), size)
    given = [WORDS[place] for place in random.integers(0, 3, size)]
    return given, [
        {"label": WORDS[row.argmax()], "labels": np.array(WORDS), "probabilities": row}
        for row in shares
    ]


def _draw_categories(random, size):
    given = random.integers(0, 2, (size, 3)).astype(bool)
    chosen = random.integers(0, 2, (size, 3)).astype(bool)
    return [tuple(np.array(WORDS)[row]) for row in given], [
        {"labels": np.array(WORDS), "is_chosen": row} for row in chosen
    ]


def _draw_number(random, size):
    given = random.integers(-9, 9, size) / 2  # Values repeat, so that ranks are shared.
    return given.tolist(), [
        {"value": np.array([value])} for value in given + random.normal(size=size)
    ]


def _draw_gaps(random, size):
    gaps = random.integers(0, 9, size)
    hits = random.integers(0, gaps + 1)
    lost = [random.normal(size=number) ** 2 for number in gaps]
    return [None] * size, [
        {"gaps": np.array([n]), "hits": np.array([h]), "log_probability": np.array([-sum(each)])}
        for n, h, each in zip(gaps, hits, lost, strict=True)
    ]


def _draw_scores(random, size):
    given, answers = _draw_gaps(random, size)
    return given, [{**row, "bytes": row["gaps"] * 4} for row in answers]


def _compressed(given, answers):
    """What texts of bits, each told as likely as its mean, would need by scikit-learn."""
    shares = [(row["bytes"][0], -row["log_probability"][0]) for row in answers if row["bytes"][0]]
    each = np.concatenate([np.full(size, np.exp(-lost / size)) for size, lost in shares])
    both = np.stack([each, 1 - each], axis=1)
    return sklearn.metrics.log_loss(np.zeros(len(each)), both, labels=[0, 1]) / np.log(2)


def _told_gaps(given, answers):
    right = [k < row["hits"][0] for row in answers for k in range(row["gaps"][0])]
    return sklearn.metrics.accuracy_score([True] * len(right), right)


def _pseudo_perplexity(given, answers):
    rows = [(row["gaps"][0], -row["log_probability"][0]) for row in answers if row["gaps"][0]]
    return scipy.stats.gmean(
        [np.exp(lost / gaps) for gaps, lost in rows], weights=[gaps for gaps, _ in rows]
    )


def _draw_errors(random, size):
    variance = random.uniform(size=size)
    error = variance * random.uniform(size=size)
    return [None] * size, [
        {"error": np.array([e]), "variance": np.array([v])}
        for e, v in zip(error, variance, strict=True)
    ]


def _weighed(given, answers):
    error, variance = (
        np.array([row[name][0] for row in answers]) for name in ("error", "variance")
    )
    return np.average(error / variance, weights=variance)


def _draw_vectors(random, size):
    first = random.normal(size=(size, 6))
    sides = [first, first + 0.5 * random.normal(size=(size, 6))]
    first, second = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in sides)
    return [None] * size, [
        {
            "first_embedding": first[place],
            "second_embedding": second[place],
            "first_key": np.array([place]),
            "second_key": np.array([place]),
        }
        for place in range(size)
    ]


def _sides(answers):
    return (
        np.stack([row[name] for row in answers]) for name in ("first_embedding", "second_embedding")
    )


def _top(k):
    def share(given, answers):
        first, second = _sides(answers)
        right = np.arange(len(first))
        return sklearn.metrics.top_k_accuracy_score(right, first @ second.T, k=k, labels=right)

    return share


def _average_precision(given, answers):
    first, second = _sides(answers)
    return sklearn.metrics.label_ranking_average_precision_score(
        np.eye(len(first)), first @ second.T
    )


def _spread(given, answers):
    first, second = _sides(answers)
    far = scipy.spatial.distance.cdist(*[np.concatenate([first, second])] * 2, "sqeuclidean")
    example = np.tile(np.arange(len(first)), 2)
    return np.log(np.exp(-2 * far[example[:, None] != example]).mean())


def _draw_spans(random, size):
    given, answers = [], []
    for tags in random.choice(["O", "B-a", "I-a", "B-b", "I-b"], (size, 2, 7)):
        true, told = (_spans_of(row) for row in tags)
        given.append(true)
        answers.append(
            {
                "start": np.array([begin for begin, _, _ in told], int),
                "end": np.array([end for _, end, _ in told], int),
                "entity_group": np.array([kind for _, _, kind in told], object),
                "start_length": np.array([len(told)]),
            }
        )
    return given, answers


def _spans_of(tags):
    return tuple(spans.of_cell(list(tags), ["x"] * len(tags), "x " * len(tags), " ", "tags"))


def _tags_of(rows):
    """IOB2 tags of seven words of one letter."""
    found = []
    for row in rows:
        tags = ["O"] * 7
        for begin, end, kind in row:
            words = range(begin // 2, (end + 1) // 2)
            for word in words:
                tags[word] = f"{'B' if word == words[0] else 'I'}-{kind}"
        found.append(tags)
    return found


def _entities(reference):
    """Of what seqscore counts, which refuses tags that are not strictly IOB2."""

    def figure(given, answers):
        told = [list(zip(a["start"], a["end"], a["entity_group"], strict=True)) for a in answers]
        tags = _tags_of(told), _tags_of(given)
        score, _ = seqscore.scoring.score_label_sequences(*tags, "BIO", repair=None)
        return reference(score)

    return figure


def _draw_answers(random, size):
    texts = [
        "",
        "The end.",
        "an  end",
        "END; of the day",
        "day",
        "하나, two",
        "《하나》 two",
        "둘 three",
    ]
    given = [tuple(random.choice(texts, random.integers(0, 3))) for _ in range(size)]
    answers = [np.array(random.choice(texts, 2), object) for _ in range(size)]
    counts = random.integers(0, 3, size)
    return given, [
        {"answer": found, "answer_length": np.array([count])}
        for found, count in zip(answers, counts, strict=True)
    ]


def _draw_written(random, size):
    words = ["the", "cat", "sat", "on", "a", "mat", "The", "dog,", "ran."]
    given = [" ".join(random.choice(words, random.integers(1, 9))) for _ in range(size)]
    found = [
        " ".join(word if random.random() < 0.7 else "cat" for word in text.split())
        for text in given
    ]
    found[0] = ""
    return given, [{"text": np.array([text], object)} for text in found]


DRAWN = {
    "answers": _draw_answers,
    "category": _draw_category,
    "categories": _draw_categories,
    "choice": _draw_category,
    "embedding": _draw_vectors,
    "filled_masks": _draw_gaps,
    "filled_spans": _draw_gaps,
    "number": _draw_number,
    "reconstruction": _draw_errors,
    "scored_pieces": _draw_gaps,
    "spans": _draw_spans,
    "texts": _draw_scores,
    "written": _draw_written,
}


def _labels(reference, **options):
    return lambda given, answers: reference(given, [a["label"] for a in answers], **options)


def _log_loss(given, answers):
    order = np.argsort(WORDS)
    shares = np.stack([answer["probabilities"] for answer in answers])[:, order]
    return sklearn.metrics.log_loss(given, shares, labels=sorted(WORDS))


def _sets(reference, **options):
    def figure(given, answers):
        truth = np.array([[word in labels for word in WORDS] for labels in given], int)
        return reference(truth, np.array([a["is_chosen"] for a in answers], int), **options)

    return figure


def _numbers(reference):
    return lambda given, answers: float(reference(given, [a["value"][0] for a in answers]))


def _answers(figure_of_pair, articles=()):
    """Best of the given answers, mean over rows; an answer without any word is none."""
    # Without case, punctuation and articles, by words of scikit-learn's.
    words = CountVectorizer(token_pattern=r"\w+", stop_words=articles).build_analyzer()

    def figure(given, answers):
        scores = []
        for texts, answer in zip(given, answers, strict=True):
            found = words(answer["answer"][0] if answer["answer_length"][0] else "")
            told = [words(text) for text in texts if words(text)] or [[]]
            scores.append(max(figure_of_pair(" ".join(one), " ".join(found)) for one in told))
        return np.mean(scores)

    return figure


def _shared(analyzer):
    """F1 of what is counted, by rows of scikit-learn's counts."""

    def f1(one, other):
        if not one or not other:
            return float(one == other)
        counts = CountVectorizer(analyzer=analyzer).fit_transform([one, other]).toarray()
        return 2 * counts.min(axis=0).sum() / counts.sum()

    return f1


def _texts(answers):
    return [answer["text"][0] for answer in answers]


def _corpus(score):
    return lambda given, answers: score(_texts(answers), [given]).score


def _rouge(kind):
    scorer = rouge_scorer.RougeScorer([kind])
    return lambda given, answers: np.mean(
        [
            scorer.score(text, found)[kind].fmeasure
            for text, found in zip(given, _texts(answers), strict=True)
        ]
    )


ARTICLES = ["a", "an", "the"]
F1 = sklearn.metrics.f1_score
OF_LABELS = {
    "accuracy": _labels(sklearn.metrics.accuracy_score),
    "macro_f1": _labels(F1, average="macro"),
    "matthews": _labels(sklearn.metrics.matthews_corrcoef),
    "cross_entropy": _log_loss,
}
REFERENCES = {
    "reconstruction": {"reconstruction_mse": _weighed},
    "embedding": {
        "recall_at_1": _top(1),
        "recall_at_5": _top(5),
        "recall_at_10": _top(10),
        "mrr": _average_precision,
        "alignment": lambda given, answers: (
            6 * sklearn.metrics.mean_squared_error(*_sides(answers))
        ),
        "uniformity": _spread,
    },
    "filled_masks": {"masked_accuracy": _told_gaps, "perplexity": _pseudo_perplexity},
    "filled_spans": {"token_accuracy": _told_gaps, "perplexity": _pseudo_perplexity},
    "scored_pieces": {"token_accuracy": _told_gaps, "perplexity": _pseudo_perplexity},
    "texts": {
        "bits_per_byte": _compressed,
        "perplexity": _pseudo_perplexity,
        "token_accuracy": _told_gaps,
    },
    "answers": {
        "f1": _answers(_shared(str.split), ARTICLES),
        "exact_match": _answers(lambda one, other: float(one == other), ARTICLES),
        "character_f1": _answers(_shared(lambda text: text.replace(" ", ""))),
    },
    "spans": {
        "entity_f1": _entities(lambda score: score.f1),
        "precision": _entities(lambda score: score.precision),
        "recall": _entities(lambda score: score.recall),
        "macro_f1": _entities(lambda score: np.mean([s.f1 for s in score.type_scores.values()])),
    },
    "category": OF_LABELS,
    "choice": OF_LABELS,
    "categories": {
        "micro_f1": _sets(F1, average="micro"),
        "macro_f1": _sets(F1, average="macro"),
        "exact_match": _sets(sklearn.metrics.accuracy_score),
    },
    "written": {
        "bleu": _corpus(sacrebleu.corpus_bleu),
        "chrf": _corpus(sacrebleu.corpus_chrf),
        "rouge1": _rouge("rouge1"),
        "rouge2": _rouge("rouge2"),
        "rougel": _rouge("rougeL"),
        "exact_match": lambda given, answers: np.mean(
            [text == found for text, found in zip(given, _texts(answers), strict=True)]
        ),
    },
    "number": {
        "mae": _numbers(sklearn.metrics.mean_absolute_error),
        "rmse": _numbers(sklearn.metrics.root_mean_squared_error),
        "r2": _numbers(sklearn.metrics.r2_score),
        "pearson": _numbers(lambda one, other: scipy.stats.pearsonr(one, other)[0]),
        "spearman": _numbers(lambda one, other: scipy.stats.spearmanr(one, other)[0]),
    },
}
"""By what the target holds and the metric's name; a metric without one fails its task."""
