"""English words that stand in the same contexts and mean the opposite.

Word vectors hold them near each other; as synonyms they would turn labels over. The list is
short, made by hand, and no promise for words that are not on it; prefixes and suffixes that
negate are found by their letters. `docs/decisions/0022-word-lists-beside-wordnet.md` says why these
are not WordNet's antonyms.
"""

_PAIRS = (
    (
        "good great best better excellent fine nice wonderful fantastic brilliant superb perfect",
        "bad worst worse poor terrible awful horrible dreadful mediocre lousy evil",
    ),
    ("love loved loves like liked enjoy enjoyed adore", "hate hated hates dislike disliked"),
    ("happy glad cheerful pleased", "sad unhappy miserable angry upset"),
    ("funny amusing exciting interesting entertaining", "boring dull tedious unfunny serious"),
    (
        "success successful succeed win winner winning victory",
        "failure unsuccessful fail failed lose loser losing defeat",
    ),
    ("easy simple", "difficult hard complex complicated"),
    ("strong powerful", "weak feeble"),
    ("big large huge great", "small little tiny"),
    ("high higher highest", "low lower lowest"),
    ("long longer", "short shorter"),
    ("fast quick quickly", "slow slowly"),
    ("hot warm", "cold cool"),
    ("light bright", "dark dim heavy"),
    ("rich wealthy", "poor"),
    ("old ancient elderly", "new young modern"),
    ("early earlier", "late later"),
    ("first beginning start opening", "last end final ending closing"),
    ("up above upper rise increase increased", "down below fall decrease decreased reduced"),
    ("left", "right"),
    ("west western", "east eastern"),
    ("north northern", "south southern"),
    (
        "male man men boy he father son brother husband king",
        "female woman women girl she mother daughter sister wife queen",
    ),
    ("true correct right", "false wrong incorrect"),
    ("positive", "negative"),
    ("open", "close closed"),
    ("alive life living", "dead death dying"),
    ("safe", "dangerous unsafe"),
    ("cheap inexpensive", "expensive costly"),
    ("full", "empty"),
    ("yes always often", "no never rarely"),
    ("more most", "less least"),
    ("buy bought", "sell sold"),
    ("accept accepted", "reject rejected refuse refused"),
    ("possible likely", "impossible unlikely"),
    ("public", "private"),
    ("clean", "dirty"),
    ("friend ally", "enemy"),
)
_PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non", "mis")
_SHORTEST_NEGATED = 4
"""Letters; among shorter words the prefixes are often none, as in `into`."""
_SUFFIXES = ("ful", "less")


def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for pair in _PAIRS:
        one, other = (frozenset(side.split()) for side in pair)
        for words, opposed in ((one, other), (other, one)):
            for word in words:
                found[word] = found.get(word, frozenset()) | opposed
    return found


_OPPOSITES = _opposites()


def are_opposites(word: str, other: str) -> bool:
    """Whether two folded words are known to mean the opposite."""
    short, long = sorted((word, other), key=len)
    return (
        other in _OPPOSITES.get(word, ())
        or (len(short) >= _SHORTEST_NEGATED and long in {p + short for p in _PREFIXES})
        or (word.endswith(_SUFFIXES) and other.endswith(_SUFFIXES) and _stem(word) == _stem(other))
    )


def _stem(word: str) -> str:
    for suffix in _SUFFIXES:
        word = word.removesuffix(suffix)
    return word
