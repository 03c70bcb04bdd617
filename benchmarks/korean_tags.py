"""Names in Korean that are tagged character by character, in KLUE's form.

    python -m benchmarks.korean_tags [--rows 2000] [--workspace workspace/korean_tags]

Draws sentences from patterns: persons, places, organisations and months with the particles that
their last sounds ask for. Names are put together from syllables, and none of the test sentences is
in the others, so that they are found by what stands in and around them. Trains
`configs/results/korean_tags.yaml` on them and tells its figures.
"""

import pathlib
import random
import subprocess
import sys
import zlib

import click

ROOT = pathlib.Path(__file__).parents[1]
CONFIG = ROOT / "configs" / "results" / "korean_tags.yaml"
_TESTED = 500
"""Sentences of the test split."""
_SURNAMES = "김이박최정강조윤장임한오서신권황안송류홍"
_SYLLABLES = "민서준지현우영수은진하윤도연재호성아경태주나승희석원"
_KINDS = {
    "LC": ["시", "군", "동", "역", "항", "산"],
    "OG": ["전자", "은행", "대학교", "병원", "건설", "신문", "화학", "연구소", "출판사", "항공"],
}
"""What names of places and organisations end with."""
_PATTERNS = (
    "{PS} 씨{가} 어제 {LC}에서 열린 회의에 참석했다 .",
    "{OG}{는} {DT} {LC}에 새 공장을 짓기로 했다 .",
    "{PS}{는} {OG}에 다니다가 {DT} 그만두었다 .",
    "오늘 {LC} 날씨{가} 정말 좋네요 ㅎㅎ",
    "{PS}{와} {PS}{가} {LC}까지 함께 갔다 .",
    "{DT}에 태어난 {PS} 감독의 새 영화, 솔직히 별로였다 ...",
    "{OG} {PS} 대표{는} 말을 아꼈다 .",
    "{LC}의 {OG}{가} 문을 닫는다고 합니다 .",
    "{PS} 연기{가} 아까운 영화 ㅠㅠ",
    "{DT} {OG}{와} {OG}{가} 손을 잡았다 .",
)
_PARTICLES = {"가": "이가", "는": "은는", "와": "과와"}
"""After a consonant and after a vowel."""

Tagged = list[tuple[str, str]]
"""Characters and their tags."""


@click.command()
@click.option("--rows", type=int, default=2000, show_default=True, help="Sentences to learn from.")
@click.option(
    "--workspace", type=click.Path(path_type=pathlib.Path), default="workspace/korean_tags"
)
def main(rows: int, workspace: pathlib.Path) -> None:
    """See the module."""
    folder = workspace.absolute() / "data"
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(0)
    for split, count in (("train", rows), ("test", _TESTED)):
        drawn = (sentence(draw, split) for _ in range(count))
        lines = ("".join(f"{sign}\t{tag}\n" for sign, tag in one) for one in drawn)
        (folder / f"{split}.txt").write_text("\n".join(lines), "utf-8")
    command = [sys.executable, "-m", "pipeline", "run", str(CONFIG)]
    command += ["--workspace", str(workspace.absolute()), f"--set=data.source.path={folder}"]
    subprocess.run(command, check=True, cwd=ROOT)


def sentence(draw: random.Random, split: str) -> Tagged:
    """One sentence with names of its split alone.

    Args:
        draw: Draws the pattern and the names.
        split: `train` or `test`.
    """
    found: Tagged = []
    for part in draw.choice(_PATTERNS).replace("{", "\0{").replace("}", "}\0").split("\0"):
        if not part.startswith("{"):
            found += [(sign, "O") for sign in part]
        elif part[1:-1] in _PARTICLES:
            found.append((_particle(found[-1][0], part[1:-1]), "O"))
        else:
            kind = part[1:-1]
            name = _name(draw, kind, split)
            found += [(sign, f"{'I' if at else 'B'}-{kind}") for at, sign in enumerate(name)]
    return found


def _particle(last: str, name: str) -> str:
    ends_in_vowel = (ord(last) - ord("가")) % 28 == 0
    return _PARTICLES[name][ends_in_vowel]


def _name(draw: random.Random, kind: str, split: str) -> str:
    """A name of the kind that no other split has."""
    while True:
        syllables = "".join(draw.sample(_SYLLABLES, 2))
        if kind == "DT":
            name = f"{draw.randint(1900, 2025)}년 {draw.randint(1, 12)}월"
        elif kind == "PS":
            name = draw.choice(_SURNAMES) + syllables
        else:
            name = syllables + draw.choice(_KINDS[kind])
        if (zlib.crc32(name.encode()) % 3 == 0) is (split == "test"):
            return name


if __name__ == "__main__":
    main()
