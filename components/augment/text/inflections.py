"""Forms of one English word, told by their letters and a list of irregular ones.

Two stemmers of NLTK know the regular forms and many derivations (`history` and `historical`); the
list, made by hand, holds the common verbs, nouns and adjectives whose forms no rule gives, and
is no promise for rarer ones.
"""

import functools
from typing import Any

_IRREGULAR = (
    # Verbs.
    "arise arose arisen, awake awoke awoken, be am is are was were been being",
    "bear bore borne born, beat beaten, become became, befall befell, beget begot begotten",
    "begin began begun, behold beheld, bend bent, beseech besought, bid bade bidden, bind bound",
    "bite bit bitten, bleed bled, blow blew blown, break broke broken, breed bred, bring brought",
    "build built, burn burnt, buy bought, can could, catch caught, choose chose chosen",
    "cling clung, come came, creep crept, deal dealt, dig dug, do does did done, draw drew drawn",
    "dream dreamt, drink drank drunk, drive drove driven, dwell dwelt, eat ate eaten",
    "fall fell fallen, feed fed, feel felt, fight fought, find found, flee fled, fling flung",
    "fly flew flown, forbid forbade forbidden, foresee foresaw foreseen, forget forgot forgotten",
    "forgive forgave forgiven, forsake forsook forsaken, freeze froze frozen, get got gotten",
    "give gave given, go goes went gone, grind ground, grow grew grown, hang hung",
    "have has had having, hear heard, hide hid hidden, hold held, keep kept, kneel knelt",
    "know knew known, lay laid, lead led, lean leant, leap leapt, learn learnt, leave left",
    "lend lent, lie lay lain, light lit, lose lost, make made, may might, mean meant, meet met",
    "mislead misled, mistake mistook mistaken, misunderstand misunderstood, mow mown",
    "outgrow outgrew outgrown, overcome overcame, overhear overheard, oversee oversaw overseen",
    "overtake overtook overtaken, overthrow overthrew overthrown, pay paid, prove proven",
    "rebuild rebuilt, redo redid redone, remake remade, repay repaid, retell retold",
    "rewrite rewrote rewritten, ride rode ridden, ring rang rung, rise rose risen, run ran",
    "saw sawn, say said, see saw seen, seek sought, sell sold, send sent, sew sewn",
    "shake shook shaken, shall should, shine shone, shoot shot, show shown, shrink shrank shrunk",
    "sing sang sung, sink sank sunk, sit sat, slay slew slain, sleep slept, slide slid",
    "sling slung, slink slunk, smell smelt, sneak snuck, sow sown, speak spoke spoken, speed sped",
    "spell spelt, spend spent, spill spilt, spin spun, spit spat, spoil spoilt",
    "spring sprang sprung, stand stood, steal stole stolen, stick stuck, sting stung",
    "stink stank stunk, stride strode stridden, strike struck stricken, string strung",
    "strive strove striven, swear swore sworn, sweep swept, swell swollen, swim swam swum",
    "swing swung, take took taken, teach taught, tear tore torn, tell told, think thought",
    "throw threw thrown, tread trod trodden, undergo undergoes underwent undergone",
    "understand understood, undertake undertook undertaken, undo undoes undid undone",
    "uphold upheld, wake woke woken, wear wore worn, weave wove woven, weep wept, will would",
    "win won, wind wound, withdraw withdrew withdrawn, withhold withheld, withstand withstood",
    "wring wrung, write wrote written",
    # Nouns.
    "analysis analyses, axis axes, basis bases, calf calves, cow cattle, crisis crises",
    "criterion criteria, datum data, diagnosis diagnoses, die dice, dwarf dwarves, elf elves",
    "foot feet, goose geese, half halves, hoof hooves, hypothesis hypotheses, index indices",
    "knife knives, leaf leaves, life lives, loaf loaves, louse lice, man men, matrix matrices",
    "medium media, mouse mice, oasis oases, ox oxen, penny pence, person people",
    "phenomenon phenomena, scarf scarves, self selves, shelf shelves, spectrum spectra",
    "stimulus stimuli, synthesis syntheses, thesis theses, thief thieves, tooth teeth",
    "vertex vertices, wife wives, wolf wolves, werewolf werewolves, woman women",
    # Adjectives, adverbs, quantities.
    "bad worse worst, good well better best, far farther farthest further furthest",
    "little less least, many more most, much more most, old elder eldest",
)
_COMPARISON = ("er", "est")


def _bases() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in _IRREGULAR:
        for entry in line.split(", "):
            base, *forms = entry.split()
            for form in forms:
                found[form] = (*found.get(form, ()), base)
    return found


_BASES = _bases()


def is_inflection(word: str, other: str) -> bool:
    """Whether two words are forms of one, or one is derived from the other, as far as is known.

    One begins with the whole other, or they share a stem by themselves, by their irregular base
    forms or without `-er` and `-est`. Stems are those of Porter's English stemmer and of
    Lancaster's.

    Args:
        word: Folded.
        other: Folded.
    """
    if word.startswith(other) or other.startswith(word):
        return True
    return not _stems(word).isdisjoint(_stems(other))


@functools.lru_cache(maxsize=100_000)
def _stems(word: str) -> frozenset[str]:
    forms = [word, *_BASES.get(word, ())]
    forms += [word.removesuffix(suffix) for suffix in _COMPARISON if word.endswith(suffix)]
    return frozenset(stemmer.stem(form) for stemmer in _stemmers() for form in forms)


@functools.cache
def _stemmers() -> Any:
    from nltk.stem.lancaster import LancasterStemmer
    from nltk.stem.snowball import SnowballStemmer

    return SnowballStemmer("english"), LancasterStemmer()
