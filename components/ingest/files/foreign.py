"""What a file is that Ingest does not read as an image, by its first bytes, and how to mend it.

Sources of the bytes: the PRONOM registry of The National Archives
(https://www.nationalarchives.gov.uk/pronom/); ISO/IEC 14496-12 and the MP4 registration authority
(https://mp4ra.org) for the brands behind `ftyp`.
"""

import string

_SAVE = "save it as JPEG or PNG"
_AGAIN = "download or copy the image again"
_UNPACK = "unpack it"
_FRAME = "save one of its frames as JPEG or PNG"
_VIDEO = f"a video; {_FRAME}"
_RAW = f"a camera's raw file; {_SAVE}"
_LFS = "a Git LFS pointer, which stands for the image; run `git lfs pull` where it was cloned"
_AS_TEXT = f"an image that a program rewrote as text, which destroyed it; {_AGAIN}"
_BASE64 = "an image as base64 text; decode it to bytes"

_BRANDS = (
    (b"avi", f"AVIF; {_SAVE}"),
    (b"crx", _RAW),
    (b"hei", f"HEIC, as iPhones write it; {_SAVE}"),
    (b"hev", f"HEIC, as iPhones write it; {_SAVE}"),
    (b"mif1", f"HEIF, as phones write it; {_SAVE}"),
    (b"msf1", f"HEIF, as phones write it; {_SAVE}"),
    (b"jxl", f"JPEG XL; {_SAVE}"),
)
"""How a brand begins, and what the file is; the first that is among a file's brands counts."""

_MAGIC = (
    (0, b"version https://git-lfs.", _LFS),
    (0, b"version https://hawser.", _LFS),
    (0, b"version http://git-media.", _LFS),
    (0, b"/annex/objects/", "a git-annex pointer; run `git annex get` where it was cloned"),
    (0, b"../.git/annex/", "a git-annex pointer; run `git annex get` where it was cloned"),
    (0, b"\x00\x05\x16\x07", "what macOS notes beside a file, not the file; leave it out"),
    (0, b"\x00\x00\x00\x01Bud1", "a folder's .DS_Store of macOS; leave it out"),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", "a Windows shortcut; put the image in its place"),
    (0, b"%PDF", "a PDF; export its page or picture as PNG"),
    (0, b"%!PS", f"PostScript or EPS, a drawing; {_SAVE}"),
    (0, b"\xc5\xd0\xd3\xc6", f"EPS, a drawing; {_SAVE}"),
    (0, b"8BPS", f"a Photoshop document; {_SAVE}"),
    (0, b"gimp xcf", f"a GIMP document; {_SAVE}"),
    (0, b"FUJIFILMCCD-RAW", _RAW),
    (0, b"IIU\x00", _RAW),
    (0, b"IIRO", _RAW),
    (0, b"IIRS", _RAW),
    (0, b"MMOR", _RAW),
    (0, b"FOVb", _RAW),
    (0, b"\x00MRM", _RAW),
    (0, b"\xff\x0a", f"JPEG XL; {_SAVE}"),
    (4, b"JXL ", f"JPEG XL; {_SAVE}"),
    (0, b"II\xbc", f"JPEG XR; {_SAVE}"),
    (0, b"BPG\xfb", f"BPG; {_SAVE}"),
    (0, b"FLIF", f"FLIF; {_SAVE}"),
    (0, b"\x00\x00\x01\x00", f"an icon (ICO); {_SAVE}"),
    (0, b"\x00\x00\x02\x00", f"a mouse pointer (CUR); {_SAVE}"),
    (0, b"icns", f"an icon of macOS (ICNS); {_SAVE}"),
    (0, b"DDS ", f"a texture (DDS); {_SAVE}"),
    (0, b"BLP", f"a texture (BLP); {_SAVE}"),
    (0, b"qoif", f"QOI; {_SAVE}"),
    (0, b"farbfeld", f"farbfeld; {_SAVE}"),
    (0, b"\x0a\x02\x01", f"PCX; {_SAVE}"),
    (0, b"\x0a\x03\x01", f"PCX; {_SAVE}"),
    (0, b"\x0a\x05\x01", f"PCX; {_SAVE}"),
    (0, b"\x01\xda", f"an SGI image; {_SAVE}"),
    (0, b"Image type:", f"an IM image; {_SAVE}"),
    (0, b"DanM", f"a Microsoft Paint image (MSP); {_SAVE}"),
    (0, b"LinS", f"a Microsoft Paint image (MSP); {_SAVE}"),
    (0, b"#define", f"an X bitmap (XBM); {_SAVE}"),
    (0, b"/* XPM", f"an X pixmap (XPM); {_SAVE}"),
    (0, b"\x59\xa6\x6a\x95", f"a Sun raster image; {_SAVE}"),
    (0, b"\x28\x00\x00\x00", f"a Windows bitmap without its file header (DIB); {_SAVE}"),
    (0, b"\x8aMNG", f"an animation (MNG); {_FRAME}"),
    (0, b"\x8bJNG", f"JNG; {_SAVE}"),
    (0, b"\xd7\xcd\xc6\x9a", f"a Windows metafile, a drawing; {_SAVE}"),
    (40, b" EMF", f"a Windows metafile, a drawing; {_SAVE}"),
    (0, b"AT&TFORM", f"DjVu; {_SAVE}"),
    (0, b"\x76\x2f\x31\x01", f"OpenEXR, with pixels of unknown range; {_SAVE}"),
    (0, b"#?R", f"Radiance HDR, with pixels of unknown range; {_SAVE}"),
    (0, b"SIMPLE  =", f"FITS, with pixels of unknown range; {_SAVE}"),
    (0, b"\x89HDF", f"HDF5; {_SAVE}"),
    (0, b"GRIB", f"GRIB, weather data; {_SAVE}"),
    (0, b"BUFR", f"BUFR, weather data; {_SAVE}"),
    (128, b"DICM", f"DICOM, a medical image; {_SAVE}"),
    (0, b"\x93NUMPY", f"a NumPy array; {_SAVE}"),
    (8, b"AVI ", _VIDEO),
    (0, b"\x1a\x45\xdf\xa3", _VIDEO),
    (0, b"FLV\x01", _VIDEO),
    (0, b"\x30\x26\xb2\x75", _VIDEO),
    (0, b"\x00\x00\x01\xba", _VIDEO),
    (0, b"\x00\x00\x01\xb3", _VIDEO),
    (4, b"moov", _VIDEO),
    (4, b"mdat", _VIDEO),
    (8, b"WAVE", "sound, not an image"),
    (0, b"ID3", "sound, not an image"),
    (0, b"OggS", "sound or video, not an image"),
    (0, b"fLaC", "sound, not an image"),
    (0, b"PK\x03\x04", f"a ZIP archive or an Office document; {_UNPACK}"),
    (0, b"PK\x05\x06", "an empty ZIP archive"),
    (0, b"\x1f\x8b", f"a gzip archive; {_UNPACK}"),
    (0, b"BZh", f"a bzip2 archive; {_UNPACK}"),
    (0, b"\xfd7zXZ", f"an xz archive; {_UNPACK}"),
    (0, b"\x28\xb5\x2f\xfd", f"a Zstandard archive; {_UNPACK}"),
    (0, b"7z\xbc\xaf", f"a 7-Zip archive; {_UNPACK}"),
    (0, b"Rar!", f"a RAR archive; {_UNPACK}"),
    (257, b"ustar", f"a tar archive; {_UNPACK}"),
    (0, b"\xd0\xcf\x11\xe0", "an old Office document or Windows' Thumbs.db, not an image"),
    (0, b"PAR1", "a Parquet table; read it with `data.source.kind: parquet`"),
    (0, b"SQLite format", "an SQLite database, not an image"),
    (0, b"\x80\x04\x95", f"a Python pickle; {_SAVE}"),
    (36, b"acsp", "a colour profile (ICC), not an image"),
    (0, b"\x7fELF", "a program, not an image"),
    (0, b"MZ", "a program, not an image"),
    (0, b"\xef\xbf\xbd", _AS_TEXT),
    (0, b"\xc2\x89PNG", _AS_TEXT),
    (0, b"\xc3\xbf\xc3\x98", _AS_TEXT),
    (0, b"\x89PNG\n\x1a", _AS_TEXT),
    (0, b"?PNG", _AS_TEXT),
    (0, b"data:image/", _BASE64),
    (0, b"/9j/", _BASE64),
    (0, b"iVBORw0KGgo", _BASE64),
    (0, b"R0lGOD", _BASE64),
    (0, b"\xff\xd8", "a JPEG whose header is damaged"),
    (0, b"\x89PNG", "a PNG whose header is damaged"),
    (0, b"GIF8", "a GIF whose header is damaged"),
    (0, b"BM", "a BMP whose header is damaged"),
    (8, b"WEBP", "a WebP image whose header is damaged"),
    (0, b"II*\x00", f"a TIFF, or a camera's raw file, that cannot be read; {_SAVE}"),
    (0, b"MM\x00*", f"a TIFF, or a camera's raw file, that cannot be read; {_SAVE}"),
    (0, b"II+\x00", f"a TIFF, or a camera's raw file, that cannot be read; {_SAVE}"),
    (4, b"jP  ", "a JPEG 2000 image whose header is damaged"),
)
"""Position, bytes, and what a file with them there is; the first match counts."""

_SEARCHED = 4096
_SHOWN = 40
_PRINTABLE = frozenset(string.printable)


def explain(data: bytes) -> str:
    """Say what bytes are that are no image to Ingest, and how to mend it.

    Args:
        data: The whole file, not empty.
    """
    if not data.strip(b"\0"):
        return f"nothing but zeros, as an unfinished copy leaves; {_AGAIN}"
    if data[4:8] == b"ftyp":
        return _of_brands(data)
    if data[-18:-2] == b"TRUEVISION-XFILE":
        return f"a Targa image (TGA); {_SAVE}"
    for position, magic, what in _MAGIC:
        if data.startswith(magic, position):
            return what
    if data[:1] == data[188:189] == data[376:377] == b"G":  # Packets of an MPEG transport stream.
        return _VIDEO
    return _of_text(data) or "not an image, or one whose header is damaged"


def _of_brands(data: bytes) -> str:
    """HEIC, AVIF and videos have one container; its brands say which it is."""
    length = min(int.from_bytes(data[:4], "big"), _SEARCHED)
    listed = [data[8:12], *(data[start : start + 4] for start in range(16, length, 4))]
    for brand in listed:
        for beginning, what in _BRANDS:
            # `mif1` says only that it is HEIF; which kind, the brands behind it say.
            if brand.startswith(beginning) and (brand not in (b"mif1", b"msf1")):
                return what
    return dict(_BRANDS).get(data[8:12], _VIDEO)


def _of_text(data: bytes) -> str | None:
    """What a text is; None if it is none."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = data[:_SEARCHED].decode(encoding, "replace").strip()
    # A character may be cut at the end.
    if "\ufffd" in text[:-1] or any(c < " " and c not in _PRINTABLE for c in text):
        return None
    start = text[:_SEARCHED].lower()
    if "<svg" in start:
        return f"SVG, a drawing of shapes and not of pixels; {_SAVE}"
    if start.startswith(("<!doctype html", "<html", "<head", "<body", "<script")):
        return f"a web page, as a download that failed leaves; {_AGAIN}"
    if start.startswith("<"):
        return f"XML or HTML, such as a server's error message; {_AGAIN}"
    if start.startswith(("{", "[")):
        return f"JSON, such as a server's error message; {_AGAIN}"
    shown = " ".join(text.split())[:_SHOWN]
    return f"text that begins with {shown!r}; {_AGAIN}"
