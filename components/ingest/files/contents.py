"""What a file is by its first bytes, whatever its name says."""

import codecs
import pathlib
import re
import unicodedata
import zipfile

from components import tfrecord
from components.ingest import errors, row
from components.ingest.files import source_files

HEAD_BYTES = 65536
_SAMPLE_BYTES = 4096
_TO_CSV = "Open it there and save it as CSV UTF-8"
_UNPACK = "Unpack it and name what is inside"
_TO_TABLE = "Write it as CSV or Parquet"
_DECRYPT = "Save a copy without the protection"
_MAGIC = (
    (b"BZh", "compressed with bzip2", "Of compressed files only gzip is read: `bunzip2 {}`"),
    (b"\xfd7zXZ\0", "compressed with xz", "Of compressed files only gzip is read: `unxz {}`"),
    (b"\x5d\0\0", "compressed with lzma", "Of compressed files only gzip is read: `unlzma {}`"),
    (b"\x28\xb5\x2f\xfd", "compressed with Zstandard", "Of these only gzip is read: `unzstd {}`"),
    (b"\x04\x22\x4d\x18", "compressed with LZ4", "Of compressed files only gzip is read: `lz4 {}`"),
    (b"\xff\x06\0\0sNaPpY", "compressed with Snappy", "Of compressed files only gzip is read"),
    (b"\x1f\x9d", "compressed with `compress`", "Of these only gzip is read: `uncompress {}`"),
    (b"\x1f\x8b", "compressed with gzip twice", "Undo it once: `gunzip`"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!", "a RAR archive", _UNPACK),
    (b"PAR1", "a Parquet file", "Set `data.source.kind: parquet`"),
    (b"PARE", "an encrypted Parquet file", _DECRYPT),
    (b"ARROW1", "an Arrow (Feather) file", "Write it as Parquet"),
    (b"\xff\xff\xff\xff", "an Arrow stream", "Write it as Parquet"),
    (b"FEA1", "a Feather file", "Write it as Parquet"),
    (b"ORC", "an ORC file", "Write it as Parquet"),
    (b"Obj\x01", "an Avro file", "Write it as Parquet or JSON Lines"),
    (b"SQLite format 3\0", "a SQLite database", "Export the table as CSV"),
    (b"\x89HDF", "an HDF5 file", _TO_TABLE),
    (b"\x93NUMPY", "a NumPy array", _TO_TABLE),
    (b"<stata_dta>", "a Stata data set", _TO_TABLE),
    (b"$FL2", "an SPSS data set", _TO_TABLE),
    (b"RDX", "an R workspace", "Write the table with R's write.csv"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel (.xls) or Office file", _TO_CSV),
    (b"%PDF", "a PDF document", "Copy its table into a CSV file"),
    (b"{\\rtf", "an RTF document", "Save it as plain text, UTF-8"),
    (b"bplist00", "an Apple property list", _TO_TABLE),
    (b"\x89PNG", "a PNG image", "Name the table instead"),
    (b"\xff\xd8\xff", "a JPEG image", "Name the table instead"),
    (b"GIF8", "a GIF image", "Name the table instead"),
    (b"\x7fELF", "a program", "Name the table instead"),
    (b"version https://git-lfs", "a Git LFS pointer", "Fetch what it stands for: `git lfs pull`"),
)
_PICKLE = re.compile(rb"\x80[\x02-\x05][\x95c}\](K(X\x8c]")
_MARKUP = re.compile(rb"\s*<(!doctype html|html|head|body)\b", re.IGNORECASE)
_XML = re.compile(rb"\s*<(\?xml|Error>|!--)", re.IGNORECASE)
_PROTECTED = (b"DRMONE", b"SCDSA0", b"<DOCUMENT SAFER")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# By a file inside it, which nothing else is packed with.
_ZIPPED = (
    ("xl/", "an Excel workbook", _TO_CSV),
    ("word/", "a Word document", "Copy its table into a CSV file"),
    ("ppt/", "a PowerPoint file", "Copy its table into a CSV file"),
    ("content.xml", "an OpenDocument spreadsheet", _TO_CSV),
    ("Index/", "a Numbers spreadsheet", _TO_CSV),
    ("data.pkl", "a PyTorch file", _TO_TABLE),
)
# All but control characters, of which line ends, ISO 2022's shifts and old ends of files are text.
_IN_TEXT = bytes(range(32, 256)) + b"\t\n\v\f\r\x1a\x1b\x0e\x0f"
# Text that is mostly Korean still has spaces, commas and line ends.
_LEAST_ASCII = 0.05
# Of Korean in CP949 not one character in ten reads as UTF-8 by chance.
_CERTAINLY_UTF_8 = 6


def head(path: str) -> bytes:
    """First bytes of a file, through gzip if it is gzipped.

    Raises:
        OSError, EOFError, zlib.error: If they cannot be read.
    """
    with source_files.open_binary(path) as stream:
        return stream.read(HEAD_BYTES)


def require_text(file: source_files.DataFile, encoding: str) -> None:
    """Refuse a file that is no text, or none that can be read line by line.

    Args:
        file: What to look into.
        encoding: What it is going to be read as.

    Raises:
        DataError: Says what the file is and what to do.
    """
    try:
        first = head(file.path)
    except source_files.DAMAGE:
        return  # The reader meets the damage too, and knows the line.
    found = known(first, file.path)
    if found:
        what, fix = found
        raise errors.DataError(f"{file.name} is {what}, not lines of text. {fix}.")
    wide = wide_encoding(first)
    if wide:
        raise errors.DataError(_wide_text(file.name, wide, _is_marked(first)))
    if b"\n" not in first and b"\r" in first:
        raise lone_carriage_returns(file.name)
    if not codecs.lookup(encoding).name.startswith("utf-8"):
        _require_no_utf_8(file.name, first, encoding)
    if _is_binary(first):
        raise errors.DataError(
            f"{file.name} is a binary file of a kind that is not known here, not lines of text. "
            "Name the table instead, or write it as CSV, JSON Lines or Parquet."
        )


def _require_no_utf_8(name: str, first: bytes, encoding: str) -> None:
    """Refuse UTF-8 that would be read as something else, and often can be, to wrong letters."""
    if first.startswith(codecs.BOM_UTF8):
        raise errors.DataError(
            f"{name} begins with the byte order mark of UTF-8, but `data.source.encoding` is "
            f"{encoding}. Leave `encoding` out."
        )
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(first)
    except UnicodeDecodeError:
        return
    found = [place for place, c in enumerate(text) if c >= "\x80"]
    if len(found) >= _CERTAINLY_UTF_8:
        part = text[found[0] : found[0] + 20].split("\n")[0]
        wrong = part.encode().decode(encoding, "replace")
        raise errors.DataError(
            f"{name} is UTF-8 ({row.excerpt(part)!r}), but `data.source.encoding` is {encoding}, "
            f"which makes {row.excerpt(wrong)!r} of it. Leave `encoding` out."
        )


def known(first: bytes, path: str) -> tuple[str, str] | None:
    """What a file of a known binary kind is, and what to do about it; None for others.

    Args:
        first: Its first bytes.
        path: Of the file, to look into archives.
    """
    name = pathlib.Path(path).name
    if first.startswith(b"PK") and first[2:4] in (b"\3\4", b"\5\6", b"\7\x08"):
        return _zipped(path)
    if first[257:262] == b"ustar":
        return "a tar archive", _UNPACK
    if _MARKUP.match(first):
        return "a web page (HTML)", "A page with an error or a login? Download the data again"
    if _XML.match(first):
        return "XML", "An answer with an error? Download the data again, or write it as CSV"
    if _PICKLE.match(first):
        return "a Python pickle", _TO_TABLE
    if any(word in first[:64] for word in _PROTECTED):
        return "encrypted by a document protection (DRM)", _DECRYPT
    if first[8:12] == b"DUCK":
        return "a DuckDB database", "Export the table as CSV or Parquet"
    if tfrecord.is_start(first):
        return "a TFRecord file", "Set `data.source.kind: tfrecord`"
    for magic, what, fix in _MAGIC:
        # Letters alone may begin a line of text; bytes that are no text follow a signature.
        if first.startswith(magic) and (not magic.isalnum() or not _is_plain(first)):
            return what, fix.format(name)
    return None


def wide_encoding(first: bytes) -> str | None:
    """`utf-16-le` and the like if that is what the bytes are, marked or not; else None."""
    for mark, encoding in _MARKS:
        if first.startswith(mark):
            return encoding
    if b"\0" not in first[:_SAMPLE_BYTES]:
        return None
    shares = {encoding: _ascii_share(first[:_SAMPLE_BYTES], encoding) for _, encoding in _MARKS}
    best = max(shares, key=lambda encoding: shares[encoding])
    return best if shares[best] >= _LEAST_ASCII else None


def is_text(first: bytes) -> bool:
    """Whether bytes may be lines of text."""
    return bool(first) and not _is_binary(first)


def lone_carriage_returns(name: str) -> errors.DataError:
    """The error for a file whose lines do not end in line feeds."""
    return errors.DataError(
        f"{name}: its lines end in a lone carriage return, as old Macs wrote them. Save it with "
        f"line feeds, for example with `tr '\\r' '\\n' < {pathlib.Path(name).name} > new`."
    )


def _zipped(path: str) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "a zip archive, cut short or damaged", "Copy or download it again"
    if names and all(name.endswith(".npy") for name in names):
        return "a NumPy archive (.npz)", _TO_TABLE
    for part, what, fix in _ZIPPED:
        if any(name.startswith(part) or name.endswith(f"/{part}") for name in names):
            return what, fix
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f"a zip archive of {shown or 'nothing'}", f"{_UNPACK}: `unzip {pathlib.Path(path).name}`"


def _wide_text(name: str, encoding: str, is_marked: bool) -> str:
    width, order = encoding[4:6], "little" if encoding.endswith("le") else "big"
    mark = "" if is_marked else ", without a byte order mark"
    # With a mark, the width alone makes iconv drop it.
    source = f"UTF-{width}" if is_marked else f"UTF-{width}{encoding[-2:].upper()}"
    return (
        f"{name} is UTF-{width} text ({order}-endian{mark}), which cannot be read line by line. "
        "Save it as UTF-8, for example with "
        f"`iconv -f {source} -t UTF-8 {pathlib.Path(name).name} > new`."
    )


def _is_marked(first: bytes) -> bool:
    return any(first.startswith(mark) for mark, _ in _MARKS)


def _ascii_share(first: bytes, encoding: str) -> float:
    """Share of ASCII characters if the bytes are text in that encoding, else 0."""
    try:
        # Not final: the bytes may end within a character.
        text = codecs.getincrementaldecoder(encoding)().decode(first)
    except UnicodeDecodeError:
        return 0
    unusable = sum(unicodedata.category(c) in ("Cc", "Cn", "Co") for c in text if c not in "\t\r\n")
    if not text or unusable > len(text) / 200:
        return 0
    return sum(c < "\x7f" for c in text) / len(text)


def _is_plain(first: bytes) -> bool:
    return not _control_characters(first[:512])


def _is_binary(first: bytes) -> bool:
    """Whether there are so many control characters, or kinds of them, that it cannot be text."""
    found = _control_characters(first[:_SAMPLE_BYTES])
    return len(set(found)) >= 8 or len(found) > len(first[:_SAMPLE_BYTES]) / 10


def _control_characters(data: bytes) -> bytes:
    """Those that text does not hold, whatever its encoding."""
    return data.translate(None, _IN_TEXT)
