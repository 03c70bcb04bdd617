"""How texts are augmented: the text kinds of `augmentation:` in the YAML.

Plain dataclasses; importing this file costs nothing but pydantic. What each kind assumes about
answers is its `assumes`.
"""

import dataclasses
from typing import Annotated, ClassVar, Literal

import pydantic
from annotated_types import Ge, Gt

from components.bounds import Count, UpTo1, WholeNumber

ENGLISH = "english"
NO_STOP_WORDS = "none"
MINILM = "minilm"


@dataclasses.dataclass(frozen=True)
class VectorSynonyms:
    """Nearest neighbours among word vectors, inflections of the same word left out.

    Neighbours in context are not always synonyms. Common English opposites such as `good` and
    `bad` are left out; others can be near. Look at the preview, and raise `threshold` or give a
    thesaurus where labels would change.
    """

    kind: Literal["vectors"] = "vectors"
    """Always `vectors`."""
    preset: str = MINILM
    """Pretrained encoder whose token embeddings are compared: `minilm`, or a folder with
    `config.json`, `model.safetensors` and `vocab.txt`, relative to the YAML. Not read if `path` is
    given."""
    path: str | None = None
    """Word vectors as text, one word and its numbers a line (GloVe, word2vec, fastText), plain
    or `.gz`; relative to the YAML."""
    threshold: UpTo1 = 0.5
    """Smallest cosine of a synonym, above 0 to 1."""
    neighbors: Count = 5
    """Synonyms of a word at most, at least 1."""


@dataclasses.dataclass(frozen=True)
class ThesaurusSynonyms:
    """A file of synonyms in any language.

    UTF-8, one entry a line: a word, then its synonyms, tabs between. Upper and lower case and
    Unicode's forms (NFC, NFD) are the same word; entries of a word are joined.
    """

    path: str
    """The file; relative to the YAML."""
    kind: Literal["thesaurus"] = "thesaurus"
    """Always `thesaurus`."""


@dataclasses.dataclass(frozen=True)
class WordnetSynonyms:
    """WordNet: the words of all synsets of a word, as in the EDA paper."""

    folder: str
    """Folder of WordNet's database files (`data.noun`, `index.noun`, ...), such as NLTK's
    `corpora/wordnet`; relative to the YAML."""
    kind: Literal["wordnet"] = "wordnet"
    """Always `wordnet`."""


Synonyms = Annotated[
    VectorSynonyms | ThesaurusSynonyms | WordnetSynonyms, pydantic.Field(discriminator="kind")
]


@dataclasses.dataclass(frozen=True)
class EdaOperation:
    """How strong one operation of EDA is, and how many texts it gives."""

    alpha: UpTo1 | None = None
    """Share of the words that change, above 0 to 1, one word at least; for deletion the
    probability of each word. Absent: 0.05 up to 2,000 training rows, else 0.1."""
    n_aug: WholeNumber | None = None
    """New texts per row, at least 0; 0 turns the operation off. Absent: 4 up to 500 training
    rows, 2 up to 2,000, else 1: a quarter of the paper's, which are for all four operations."""


@dataclasses.dataclass(frozen=True)
class EdaConfig:
    """Easy data augmentation: synonyms, insertions, swaps, deletions of words.

    Source: Wei and Zou (2019), "EDA: Easy Data Augmentation Techniques for Boosting Performance
    on Text Classification Tasks", https://arxiv.org/abs/1901.11196; the defaults by size of the
    training split are its table 3.
    """

    assumes: ClassVar[str] = (
        "the answer survives the loss, the order and the near-synonyms of a few words; it does "
        "not where one word such as `not` decides, nor for grammar or word order"
    )
    """What must hold of the answers."""
    kind: Literal["eda"] = "eda"
    """Always `eda`."""
    columns: tuple[str, ...] = ()
    """Columns whose texts are varied; left out: all that the task reads."""
    synonym_replacement: EdaOperation = EdaOperation()
    """Words that are no stop words give way to synonyms."""
    random_insertion: EdaOperation = EdaOperation()
    """Synonyms of words that are no stop words enter at random places."""
    random_swap: EdaOperation = EdaOperation()
    """Two words change places, repeatedly; a word that ends a Korean sentence stays."""
    random_deletion: EdaOperation = EdaOperation()
    """Words are left out."""
    synonyms: tuple[Synonyms, ...] = (VectorSynonyms(),)
    """Where synonyms come from; the first source that knows a word is used."""
    stop_words: str = ENGLISH
    """Words that synonyms never replace or are: `english` (scikit-learn's list), `none`, or a
    UTF-8 file with one word a line, relative to the YAML."""
    sentencepiece: str | None = None
    """SentencePiece model file, relative to the YAML: its pieces take the place of the words
    between spaces."""

    def __post_init__(self) -> None:
        if self.seeks_synonyms and not self.synonyms:
            raise ValueError(
                "`synonyms` is empty, but synonym_replacement and random_insertion need a source. "
                f"Received: n_aug={self.synonym_replacement.n_aug} and "
                f"n_aug={self.random_insertion.n_aug} (None: by the number of rows). Add a source, "
                "for example {kind: vectors}, or set `n_aug: 0` for both."
            )
        if all(getattr(self, name).n_aug == 0 for name in EDA_OPERATIONS):
            raise ValueError(
                f"nothing would be made. Received: n_aug=0 for {', '.join(EDA_OPERATIONS)}. "
                "Leave `kind: eda` out instead."
            )

    @property
    def seeks_synonyms(self) -> bool:
        """Whether any operation that is on looks for synonyms."""
        return self.synonym_replacement.n_aug != 0 or self.random_insertion.n_aug != 0


EDA_OPERATIONS = ("synonym_replacement", "random_insertion", "random_swap", "random_deletion")
"""Names of EDA's operations, which are also fields of `EdaConfig`."""


@dataclasses.dataclass(frozen=True)
class BackTranslationConfig:
    """Translate into another language and back, with sampling: a paraphrase.

    A translator is a SavedModel whose `signature` takes `text` `(batch,)` string, `temperature`
    `(batch,)` float32 and `seed` `(batch,)` int64 and gives `translation` `(batch,)` string. The
    same inputs must give the same translation, whatever else is in the batch. Translations are kept
    in `translations` of the workspace, by the content of a SavedModel's folder or the URL and the
    version of a served model; another served model must have another of these.

    Source: Sennrich, Haddow and Birch (2016), https://arxiv.org/abs/1511.06709, as used for
    classification by Xie et al. (2020), https://arxiv.org/abs/1904.12848, section 2.2.
    """

    assumes: ClassVar[str] = (
        "the answer is carried by meaning that both translators keep; style, spelling and rare "
        "names are often lost"
    )
    """What must hold of the answers."""
    forward: str
    """Into the other language: the name of a pushed model of the task `sequence_to_sequence`, a
    SavedModel's folder, relative to the YAML, or the URL of a served model, such as
    `http://localhost:8501/v1/models/en_de`."""
    backward: str
    """Back: the same."""
    kind: Literal["back_translation"] = "back_translation"
    """Always `back_translation`."""
    columns: tuple[str, ...] = ()
    """Columns whose texts are varied; left out: all that the task reads."""
    temperature: Annotated[float, Ge(0)] = 0.8
    """Randomness of the translators, at least 0; 0 is the likeliest translation, and then all
    copies of a row are equal."""
    n_aug: Count = 1
    """New texts per row, at least 1."""
    batch_size: Count = 32
    """Sentences per call of a translator, at least 1."""
    signature: str | None = None
    """Signature of both SavedModels; left out: `translate` of those that have it, as pushed models
    do, else `serving_default`."""
    timeout: Annotated[float, Gt(0)] = 60.0
    """Longest wait for one answer of a served translator in seconds, above 0."""


@dataclasses.dataclass(frozen=True)
class ContextualConfig:
    """Replace words by what a masked language model expects in their place.

    Source: Kobayashi (2018), "Contextual Augmentation", https://arxiv.org/abs/1805.06201, without
    its condition on the label, and with BERT as in Wu et al. (2019),
    https://arxiv.org/abs/1812.06705.
    """

    assumes: ClassVar[str] = (
        "the answer survives any word that fits its context; the model does not know the answer, "
        "so `a good film` may become `a bad film`"
    )
    """What must hold of the answers."""
    preset: str
    """KerasHub preset with a trained masked-language-model head (`minilm` has none): a
    preset name, a handle such as `kaggle://...`, or a folder, relative to the YAML."""
    kind: Literal["contextual"] = "contextual"
    """Always `contextual`."""
    columns: tuple[str, ...] = ()
    """Columns whose texts are varied; left out: all that the task reads."""
    alpha: UpTo1 = 0.15
    """Share of the words that change, above 0 to 1, one word at least."""
    n_aug: Count = 1
    """New texts per row, at least 1."""
    candidates: Count = 10
    """Likeliest words to draw from, by their probabilities, at least 1."""
    sequence_length: Annotated[int, Ge(4)] = 128
    """Longest text in tokens, at least 4; words beyond stay as they are."""
    batch_size: Count = 32
    """Texts per call of the model, at least 1."""


TextAugmentation = BackTranslationConfig | ContextualConfig | EdaConfig
