"""Made-up texts in German and Korean, since installations carry none in these languages.

Small grammars with a seed: every sentence is grammatical, no word that tells a class is in more
than half of its texts, and lengths vary alike in all classes. As in real texts, some are mixed and
a few labels are wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

Rows = list[tuple[bytes, bytes]]
_ROWS = 800
_MIXED = 0.2
_MISTAKEN = 0.02

_TIMES_DE = (
    "Am Montag",
    "Am Dienstag",
    "Am Mittwoch",
    "Am Freitag",
    "Am Wochenende",
    "Gestern Abend",
    "In dieser Woche",
    "Vor wenigen Stunden",
    "Zum ersten Mal seit Jahren",
    "Überraschend",
)
_CITIES = ("Köln", "Dresden", "Lübeck", "Freiburg", "Würzburg", "Kiel", "Mainz", "Görlitz")
_NEUTRAL_DE = (
    "Das teilte eine Sprecherin mit.",
    "Weitere Einzelheiten sind noch nicht bekannt.",
    "Damit hatten nur wenige gerechnet.",
    "In {city} hieß es, man müsse nun abwarten.",
    "Ähnliches war zuletzt vor drei Jahren zu beobachten.",
    "Die Reaktionen in {city} fielen unterschiedlich aus.",
    "Für die kommenden Tage wird mit weiteren Meldungen gerechnet.",
    "Mehr dazu lesen Sie morgen in unserer Ausgabe.",
)
_TOPICS_DE: Mapping[str, tuple[Sequence[str], Sequence[tuple[str, str]]]] = {
    "kultur": (
        ("das Stadttheater", "ein junger Autor", "die Philharmonie", "das Museum", "der Verlag"),
        (
            ("eröffnete", "eine Ausstellung über das Mittelalter"),
            ("zeigte", "ein neues Stück"),
            ("veröffentlichte", "einen Roman"),
            ("feierte", "eine gelungene Premiere"),
            ("erhielt", "einen bedeutenden Preis"),
            ("begeisterte", "das Publikum mit alten Liedern"),
        ),
    ),
    "sport": (
        ("die Mannschaft", "der Torwart", "die Schwimmerin", "der Trainer", "die Nationalelf"),
        (
            ("gewann", "das entscheidende Spiel"),
            ("verlor", "nach langer Führung"),
            ("verlängerte", "den Vertrag bis zum Sommer"),
            ("erreichte", "das Finale"),
            ("verpasste", "den Sieg um wenige Sekunden"),
            ("kehrte", "nach einer Verletzung zurück"),
        ),
    ),
    "wetter": (
        ("ein kräftiges Tief", "dichter Nebel", "starker Wind", "anhaltender Regen", "eine Front"),
        (
            ("brachte", "kühle Luft in den Norden"),
            ("sorgte", "für glatte Straßen"),
            ("zog", "langsam nach Osten ab"),
            ("erreichte", "die Küste"),
            ("ließ", "die Temperaturen deutlich sinken"),
            ("prägte", "den ganzen Nachmittag"),
        ),
    ),
    "wirtschaft": (
        ("der Konzern", "die Notenbank", "das Ministerium", "der Autobauer", "die Sparkasse"),
        (
            ("senkte", "die Zinsen"),
            ("meldete", "einen höheren Gewinn"),
            ("strich", "mehrere hundert Stellen"),
            ("erwartete", "weniger Aufträge aus dem Ausland"),
            ("bezog", "neue Räume in der Innenstadt"),
            ("kündigte", "höhere Preise an"),
        ),
    ),
}
_ARRIVALS_DE = (
    "Wir waren zu viert dort.",
    "Wir haben zwei Nächte in {city} verbracht.",
    "Im Mai waren wir mit den Kindern da.",
    "Gebucht hatten wir über das Internet.",
    "Auf der Durchreise haben wir in {city} gehalten.",
    "Das Haus liegt am Rand von {city}.",
    "Freunde aus {city} hatten uns davon erzählt.",
    "Es war unser zweiter Besuch.",
)
_THINGS_DE = (
    "das Frühstück",
    "der Service",
    "das Zimmer",
    "die Küche",
    "die Bedienung",
    "das Essen",
    "die Ausstattung",
    "der Empfang",
    "das Bad",
    "die Weinkarte",
    "der Garten",
    "das Abendessen",
)
_JUDGEMENTS_DE = {
    "gut": (
        "ausgezeichnet",
        "hervorragend",
        "wunderbar",
        "überzeugend",
        "sehr gut",
        "tadellos",
        "großartig",
        "erfreulich",
        "vorbildlich",
        "erstklassig",
        "besser als erwartet",
        "eine schöne Überraschung",
    ),
    "schlecht": (
        "enttäuschend",
        "schlecht",
        "ärgerlich",
        "mangelhaft",
        "unzumutbar",
        "dürftig",
        "lieblos",
        "miserabel",
        "schwach",
        "peinlich",
        "schlechter als erwartet",
        "eine böse Überraschung",
    ),
}
_TIMES_KO = (
    "월요일에",
    "지난주",
    "어제 저녁",
    "오늘 오전",
    "주말에",
    "올해 들어",
    "이번 달",
    "몇 년 만에",
)
_NEUTRAL_KO = (
    "관계자는 자세한 내용을 곧 알리겠다고 말했다.",
    "아직 공식 발표는 나오지 않았다.",
    "많은 사람이 이 소식에 놀랐다.",
    "비슷한 일은 삼 년 전에도 있었다.",
    "부산에서는 반응이 엇갈렸다.",
    "자세한 소식은 내일 다시 전한다.",
    "서울에서도 관심이 이어졌다.",
)
_TOPICS_KO: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "경제": (
        ("정부가", "한국은행이", "수출 기업이", "주요 은행이", "자동차 업계가", "대형 마트가"),
        (
            "금리를 그대로 두었다",
            "투자를 늘렸다",
            "적자를 줄였다",
            "채용 계획을 밝혔다",
            "공장을 새로 지었다",
            "값을 올렸다",
        ),
    ),
    "날씨": (
        ("비구름이", "찬 공기가", "장맛비가", "강한 바람이", "짙은 안개가", "무더위가"),
        (
            "남부 지방까지 이어졌다",
            "한풀 꺾였다",
            "내륙을 지나갔다",
            "일찍 찾아왔다",
            "전국에 영향을 주었다",
            "밤늦게 물러갔다",
        ),
    ),
    "문화": (
        ("젊은 작가가", "오케스트라가", "미술관이", "인기 배우가", "극단이", "출판사가"),
        (
            "새 작품을 선보였다",
            "특별 공연을 마련했다",
            "관객과 만났다",
            "큰 상을 받았다",
            "전시를 열었다",
            "기념행사를 준비했다",
        ),
    ),
    "스포츠": (
        ("우리 팀이", "신인 선수가", "주장이", "감독이", "국가대표팀이", "골키퍼가"),
        (
            "결승골을 지켜 냈다",
            "연승을 이어 갔다",
            "계약을 연장했다",
            "역전승을 거두었다",
            "부상에서 돌아왔다",
            "우승컵을 들어 올렸다",
        ),
    ),
}
_ARRIVALS_KO = (
    "지난주에 주문해서 어제 받았어요.",
    "선물하려고 두 개 샀어요.",
    "친구가 알려 줘서 사 봤어요.",
    "한 달 정도 써 보고 씁니다.",
    "색은 회색으로 골랐어요.",
    "할인할 때 샀어요.",
)
_THINGS_KO = (
    "배송은",
    "포장은",
    "품질은",
    "색상은",
    "가격은",
    "디자인은",
    "마감은",
    "촉감은",
    "상담은",
    "설명서는",
)
_JUDGEMENTS_KO = {
    "긍정": (
        "만족스러웠어요",
        "아주 좋았어요",
        "기대 이상이었어요",
        "흠잡을 데가 없었어요",
        "마음에 쏙 들었어요",
        "훌륭했어요",
        "칭찬할 만했어요",
        "생각보다 뛰어났어요",
    ),
    "부정": (
        "실망스러웠어요",
        "별로였어요",
        "기대 이하였어요",
        "엉망이었어요",
        "마음에 들지 않았어요",
        "많이 아쉬웠어요",
        "형편없었어요",
        "불만스러웠어요",
    ),
}


def german_topics() -> Rows:
    """News in German on culture, sports, weather and business."""

    def sentence(topic: str, rng: random.Random) -> str:
        subjects, ends = _TOPICS_DE[topic]
        verb, end = rng.choice(ends)
        return f"{rng.choice(_TIMES_DE)} {verb} {rng.choice(subjects)} {end}."

    return _texts(list(_TOPICS_DE), sentence, _NEUTRAL_DE)


def german_reviews() -> Rows:
    """Reviews of hotels in German, good or bad."""
    return _texts(list(_JUDGEMENTS_DE), german_judgement, _ARRIVALS_DE)


def korean_topics() -> Rows:
    """News in Korean on business, weather, culture and sports."""

    def sentence(topic: str, rng: random.Random) -> str:
        subjects, ends = _TOPICS_KO[topic]
        return f"{rng.choice(_TIMES_KO)} {rng.choice(subjects)} {rng.choice(ends)}."

    return _texts(list(_TOPICS_KO), sentence, _NEUTRAL_KO)


def korean_reviews() -> Rows:
    """Reviews of goods in Korean, good or bad."""

    def sentence(label: str, rng: random.Random) -> str:
        return f"{rng.choice(_THINGS_KO)} {rng.choice(_JUDGEMENTS_KO[label])}."

    return _texts(list(_JUDGEMENTS_KO), sentence, _ARRIVALS_KO)


def two_languages() -> Rows:
    """Good and bad reviews, each in German or Korean: the language says nothing."""
    names = {"gut": b"good", "긍정": b"good", "schlecht": b"bad", "부정": b"bad"}
    both = [*german_reviews(), *korean_reviews()]
    return [(text, names[label.decode()]) for text, label in both]


def german_judgement(label: str, rng: random.Random) -> str:
    """A sentence that finds something in a hotel `gut` or `schlecht`."""
    thing, judgement = rng.choice(_THINGS_DE), rng.choice(_JUDGEMENTS_DE[label])
    also = rng.choice(("", "", " wieder einmal", " im Ganzen", " aus unserer Sicht"))
    return f"{thing[0].upper()}{thing[1:]} war{also} {judgement}."


def neutral(count: int, rng: random.Random) -> str:
    """German sentences that go with any review."""
    return _filled(" ".join(rng.choices(_ARRIVALS_DE, k=count)), rng)


def _texts(
    labels: Sequence[str], sentence: Callable[[str, random.Random], str], shared: Sequence[str]
) -> Rows:
    """Different texts of three to seven sentences, about equally many of each label."""
    rng = random.Random(7)
    found: dict[str, str] = {}
    while len(found) < _ROWS:
        label = labels[len(found) % len(labels)]
        parts = [sentence(label, rng) for _ in range(rng.choice((2, 2, 3, 4)))]
        if rng.random() < _MIXED:
            parts.append(sentence(rng.choice(labels), rng))
        if len({part.split()[-1] for part in parts}) < len(parts):
            continue  # Nobody says the same thing twice.
        parts += rng.sample(shared, rng.choice((1, 1, 2)))
        rng.shuffle(parts)
        is_mistaken = rng.random() < _MISTAKEN
        found[_filled(" ".join(parts), rng)] = rng.choice(labels) if is_mistaken else label
    return [(text.encode(), label.encode()) for text, label in found.items()]


def _filled(text: str, rng: random.Random) -> str:
    while "{city}" in text:
        text = text.replace("{city}", rng.choice(_CITIES), 1)
    return text
