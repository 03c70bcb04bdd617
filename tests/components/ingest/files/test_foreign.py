"""Tests of components/ingest/files/foreign.py: what Ingest does not read, by first bytes."""

import io
import zipfile

import pytest
from PIL import Image

from components.ingest import images
from components.ingest.files import foreign

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def container(*brands):
    head = brands[0] + bytes(4) + b"".join(brands[1:])
    return (8 + len(head)).to_bytes(4, "big") + b"ftyp" + head + b"\0\0\0\x08mdat" + bytes(64)


def archive(name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(name, "content")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (container(b"heic", b"mif1", b"heic"), "HEIC, as iPhones write it; save it as JPEG"),
        (container(b"mif1", b"mif1", b"heic"), "HEIC, as iPhones write it; save it as JPEG"),
        (container(b"avif", b"mif1", b"miaf"), "AVIF; save"),
        (container(b"mif1", b"avif"), "AVIF; save"),
        (container(b"mif1"), "HEIF, as phones write it; save"),
        (container(b"crx ", b"isom"), "a camera's raw file; save"),
        (container(b"isom", b"mp42"), "a video; save one of its frames"),
        (container(b"qt  "), "a video"),
        (b"\xff\x0a" + bytes(30) + b"x", "JPEG XL; save"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL; save"),
        (b"RIFF\x10\0\0\0AVI LIST", "a video"),
        (b"\x1a\x45\xdf\xa3webm", "a video"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "sound"),
        (LFS, "a Git LFS pointer, .*git lfs pull"),
        (b"/annex/objects/SHA256E-s1--a.jpg\n", "git annex get"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG, a drawing"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- by hand -->\n<svg>', "SVG, a drawing"),
        ("<?xml?><svg>".encode("utf-16"), "SVG, a drawing"),
        (b"\n\n<!DOCTYPE HTML><title>404</title>", "a web page, as a download that failed leaves"),
        (b"<Error><Code>AccessDenied</Code></Error>", "XML or HTML, such as a server's error"),
        (b'{"message": "rate limit"}', "JSON, such as a server's error"),
        ("찾을 수 없습니다".encode(), "text that begins with '찾을 수 없습니다'; download"),
        (b"%PDF-1.7\n", "a PDF; export"),
        (b"8BPS\0\x01", "a Photoshop document; save"),
        (archive("word/document.xml"), "a ZIP archive or an Office document; unpack"),
        (b"\x1f\x8b\x08\0", "a gzip archive"),
        (b"\0\0\x01\0\x01\0", "an icon"),
        (bytes(128) + b"DICM", "a medical image"),
        (bytes(36) + b"acsp", "a colour profile"),
        (b"\0\x05\x16\x07\0\x02", "macOS notes beside a file"),
        (bytes(3000), "nothing but zeros"),
        (b"\xef\xbf\xbdPNG\r\n", "rewrote as text, which destroyed it"),
        (b"/9j/4AAQSkZJRg", "base64 text; decode"),
        (b"data:image/png;base64,iVBO", "base64 text; decode"),
        (b"\xff\xd8\xff\xe0", "a JPEG whose header is damaged"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a PNG whose header is damaged"),
        (b"\x93\x01\xfe\xc0" * 9, "not an image, or one whose header is damaged"),
    ],
)
def test_a_file_is_named_with_what_to_do(data, what):
    with pytest.raises(images.BadImage, match=what):
        images.prepare(data)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("AVIF", "AVIF"), ("BLP", "BLP"), ("DDS", "DDS"), ("DIB", "DIB"), ("EPS", "EPS"),
        ("ICNS", "ICNS"), ("ICO", "ICO"), ("IM", "IM"), ("MSP", "MSP"), ("PCX", "PCX"),
        ("PDF", "PDF"), ("QOI", "QOI"), ("SGI", "SGI"), ("TGA", "TGA"), ("XBM", "XBM"),
    ],
)  # fmt: skip
def test_formats_of_pillow_that_are_not_read_are_named(kind, what):
    mode = {"BLP": "P", "MSP": "1", "XBM": "1"}.get(kind, "RGB")
    buffer = io.BytesIO()
    Image.new("RGB", (24, 16), "teal").convert(mode).save(buffer, kind)
    assert what in foreign.explain(buffer.getvalue())
