"""Tests of components/ingest/text/encodings.py and of what a reader says of a wrong encoding."""

import pytest

from components.ingest import columns, config, errors, reading, row
from components.ingest.text import encodings

WANTED = columns.Wanted(("text", "label"), None)
# None of these lines was looked at when the characters of `encodings` were chosen.
LINES = {
    "cp949": [
        "사진과 실물이 다릅니다",
        "아이가 잘 먹어요",
        "갑자기 멈추더니 켜지지 않습니다",
        "펩시 됬",
    ],
    "cp932": ["写真と違う色でした", "毎日使っています", "㈱髙島屋①", "説明書が入っていない"],
    "gb18030": ["和图片不一样", "每天都在用", "包装破损，客服不理人", "朱镕基"],
    "big5hkscs": ["和圖片不一樣", "每天都在用", "包裝破損，客服不理人"],
    "euc_jp": ["写真と違う色でした", "毎日使っています"],
    "cp1252": ["I can’t recommend it – ever", "Très déçu, à éviter", "Schlechte Qualität für 30 €"],
    "cp1250": [
        "Śliczny zegarek, świetna cena",
        "Špatná kvalita, příště ne",
        "Gyönyörű, örülök neki",
    ],
    "cp1251": ["Доставили быстро, упаковка целая", "Ужасное качество"],
    "koi8-r": ["Доставили быстро, упаковка целая", "Ужасное качество"],
    "cp1253": ["Πολύ γρήγορη παράδοση"],
    "cp1254": ["Ürün kırık geldi, iade ettim, çok kötü"],
    "cp1255": ["המשלוח הגיע מהר"],
    "cp1256": ["وصل الطلب بسرعة"],
    "cp874": ["ส่งเร็วมาก บริการดี"],
    "mac_roman": ["Très déçu, à éviter", "Schlechte Qualität für"],
    "utf-8": ["café – naïve", "배송", "写真", "Ужасное"],
}


def table(tmp_path, texts, encoding):
    content = b"text,label\n" + b"".join(
        text if isinstance(text, bytes) else text.encode(encoding) + b",x\n" for text in texts
    )
    (tmp_path / "a.csv").write_bytes(content)
    return tmp_path


def read(base, **options):
    opened = reading.open_source(config.CsvSource("a.csv", **options), str(base), "", WANTED)
    entries = [entry for shard in opened.shards for entry in opened.read(shard)]
    return [entry.reason for entry in entries if isinstance(entry, row.Rejected)]


@pytest.mark.parametrize("encoding", LINES)
def test_lines_are_read_as_they_were_written(encoding):
    found = encodings.likely([text.encode(encoding) for text in LINES[encoding]])
    assert found is not None and found.share == 1
    assert [t.encode(encoding).decode(found.encoding) for t in LINES[encoding]] == LINES[encoding]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [(e, t) for e, texts in LINES.items() for t in texts if len(t) > 5],
)
def test_even_a_single_line_is_read_as_it_was_written(encoding, text):
    found = encodings.likely([text.encode(encoding)])
    assert found is not None
    assert text.encode(encoding).decode(found.encoding) == text


def test_nothing_is_said_of_what_is_no_text():
    assert encodings.likely([b"\x81\x01\xfe\xff\x02\x90", b"\xff\xff\x03"]) is None


@pytest.mark.parametrize("encoding", ["cp949", "cp932", "gb18030", "cp1252", "cp1251"])
def test_the_reason_names_the_encoding_and_how_it_reads(tmp_path, encoding):
    texts = [text for text in LINES[encoding] if text != "㈱髙島屋①"]
    reasons = read(table(tmp_path, texts, encoding))
    assert len(reasons) == len(texts)
    assert all(f"set `data.source.encoding: {encoding}`, which reads '" in r for r in reasons)
    assert texts[0][:4] in reasons[0]


@pytest.mark.parametrize(
    ("written", "told", "text"),
    [
        ("cp949", "euc-kr", "똠방각하 햏햏"),
        ("cp932", "shift_jis", "①髙橋さん"),
        ("gb18030", "gbk", "㐀字"),
        ("gb18030", "gb2312", "朱镕基"),
        ("big5hkscs", "big5", "嘅字"),
    ],
)
def test_the_encoding_that_extends_the_one_set_is_named(tmp_path, written, told, text):
    (reason,) = read(table(tmp_path, [text], written), encoding=told)
    assert f"not {told}; it is {written}, often called that: set" in reason
    assert "utf-8" not in reason


@pytest.mark.parametrize("encoding", ["cp949", "latin-1", "cp1252", "gb18030", "euc-kr"])
def test_utf_8_is_told_where_another_encoding_was_set(tmp_path, encoding):
    with pytest.raises(errors.DataError) as caught:
        read(table(tmp_path, ["배송이 빨라요", "좋아요"], "utf-8"), encoding=encoding)
    assert "a.csv is UTF-8 ('배송이 빨라요,x'), but" in str(caught.value)
    assert "Leave `encoding` out" in str(caught.value)


@pytest.mark.parametrize("encoding", ["cp949", "cp932", "gb18030", "cp1252", "cp1251"])
def test_other_encodings_are_not_taken_for_utf_8(tmp_path, encoding):
    texts = [text for text in LINES[encoding] if text != "㈱髙島屋①"]
    reasons = read(table(tmp_path, texts, encoding), encoding=encoding)
    assert not any("byte" in reason for reason in reasons)


def test_little_text_in_utf_8_is_told_by_the_row(tmp_path):
    (reason,) = read(table(tmp_path, ["좋아"], "utf-8"), encoding="euc-kr")
    assert "set `data.source.encoding: utf-8`" in reason


def test_a_few_broken_bytes_do_not_condemn_a_file(tmp_path):
    texts = ["배송이 빨라요", "좋아요", "배송".encode()[:5] + b",x\n", "별로예요"]
    (reason,) = read(table(tmp_path, texts, "utf-8"))
    assert "most of the file is, so this line is damaged or from another file" in reason
    assert "data.source.encoding" not in reason


def test_a_line_from_another_file_is_told_with_its_encoding(tmp_path):
    texts = ["배송이 빨라요", "좋아요", "제품이 마음에 들어요".encode("cp949") + b",x\n"]
    (reason,) = read(table(tmp_path, texts, "utf-8"))
    assert "(as cp949 it reads '제품이 마음에 들어요,x')" in reason


def test_most_lines_decide_where_encodings_are_mixed(tmp_path):
    texts = [*LINES["cp949"], "좋아요 배송".encode() + b",x\n"]
    reasons = read(table(tmp_path, texts, "cp949"))
    assert len(reasons) == len(LINES["cp949"])
    assert "most of the file reads as cp949: set `data.source.encoding: cp949`" in reasons[0]


def test_the_mark_of_utf_8_beside_another_encoding_is_told(tmp_path):
    (tmp_path / "a.csv").write_bytes("\ufefftext,label\n안녕,x\n".encode())
    with pytest.raises(
        errors.DataError, match="mark of UTF-8, but `data.source.encoding` is cp949"
    ):
        read(tmp_path, encoding="cp949")


def test_a_header_in_another_encoding_is_told(tmp_path):
    (tmp_path / "a.csv").write_bytes("문장,라벨\n안녕,긍정\n".encode("cp949"))
    with pytest.raises(errors.DataError, match="header line.*`data.source.encoding: cp949`"):
        read(tmp_path)
