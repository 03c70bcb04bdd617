"""Check that an image decodes, and keep its bytes wherever the model's own decoder can read them.

A file has one meaning: what is kept as it is, a server reads just so; what is converted here, a
server refuses, and `maru predict` converts as here.
"""

import contextlib
import dataclasses
import io
import warnings
import zlib
from typing import NamedTuple

from PIL import Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from components.ingest import native_errors
from components.ingest.files import foreign

MAX_PIXELS = 100_000_000
# Pillow opens multi-picture JPEGs through JPEG. Left out: formats that start other programs
# (EPS) or that any bytes could be (TGA).
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000")
_EIGHT_BIT = ("L", "RGB", "RGBA")
_NAMES = {"MPO": "JPEG", "WEBP": "WebP", "JPEG2000": "JPEG 2000"}
# A PNG ends with a chunk of length 0, its name and its checksum.
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_PNG_SIGNATURE = 8
# Start-of-frame markers by ITU-T T.81, table B.1: baseline, extended and progressive with Huffman
# codes. Others, such as arithmetic codes, not every libjpeg reads.
_COMMON_FRAMES = (0xC0, 0xC1, 0xC2)
_NO_FRAMES = (0xC4, 0xC8, 0xCC)
# TIFF 6.0, tag 254: the picture is a smaller version of another one in the file.
_NEW_SUBFILE_TYPE, _IS_REDUCED = 254, 1


class BadImage(ValueError):
    """The bytes are not an image to train on; the message is the reason."""


@dataclasses.dataclass(frozen=True)
class Prepared:
    """An image as training gets it."""

    data: bytes
    """The bytes of the file, or a PNG of the same pixels."""
    format: str
    """Format of the file, such as `JPEG` or `WebP`."""
    is_converted: bool
    """Whether the bytes are not those of the file, which a server refuses then."""


class Original(NamedTuple):
    """A file as it was before Ingest."""

    format: str
    """Format of the file, such as `JPEG` or `WebP`."""
    is_converted: bool
    """Whether training gets a PNG in its place."""
    data: bytes
    """Bytes of the file."""

    @property
    def kind(self) -> tuple[str, bool]:
        """What is treated alike: the format, and whether it is converted."""
        return self.format, self.is_converted


def prepare(data: bytes) -> Prepared:
    """Verify that an image decodes to its last row, and make it readable in the graph.

    JPEG (grey, CMYK and multi-picture too), PNG and plain 24-bit BMP come back
    unchanged, EXIF orientation included. Everything else becomes a PNG of the same
    pixels, turned upright, with its transparency; of an animation, the first frame. GIF is
    among these, since TensorFlow shows black where it is transparent, and stops at damage that
    Pillow reads over.

    Args:
        data: An encoded image.

    Raises:
        BadImage: If the bytes are no image, are damaged, or would not fit in memory.
    """
    printed: list[str] = []
    try:
        with warnings.catch_warnings():
            # Pillow only warns of large images; the limit below refuses them.
            warnings.simplefilter("ignore")
            # libtiff explains itself on standard error alone.
            is_tiff = data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
            listen = native_errors.captured if is_tiff else _nothing
            with listen() as printed:
                return _verified(data)
    except BadImage:
        raise
    # Pillow's decoders raise whatever the damaged bytes provoke: OSError, SyntaxError,
    # ValueError, struct.error, IndexError and more.
    except Exception as error:
        raise BadImage(_reason(data, error, printed)) from error


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels as stored, from the header alone."""
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        return image.size


def _nothing() -> contextlib.AbstractContextManager[list[str]]:
    return contextlib.nullcontext([])


def _verified(data: bytes) -> Prepared:
    image = Image.open(io.BytesIO(data), formats=_FORMATS)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadImage(
            f"{width} x {height} pixels; images of more than {MAX_PIXELS:,} pixels are refused"
        )
    if image.format == "PNG":
        _check_png(data)
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        _check_tiff(image)
    image.load()
    name = str(image.format)
    name = _NAMES.get(name, name)
    if _is_native(image, data):
        return Prepared(data, name, is_converted=False)
    return Prepared(_encode(image), name, is_converted=True)


def _check_png(data: bytes) -> None:
    """Fail where libpng would and Pillow does not: checksums and the end marker."""
    start = _PNG_SIGNATURE
    while data[start + 4 : start + 8] not in (b"IEND", b""):
        end = start + 8 + int.from_bytes(data[start : start + 4], "big")
        if zlib.crc32(data[start + 4 : end]).to_bytes(4, "big") != data[end : end + 4]:
            part = data[start + 4 : start + 8]
            raise BadImage(f"damaged PNG: the checksum of its part {part!r} is wrong")
        start = end + 4
    # Bytes behind the end harm nobody.
    if data[start : start + len(_PNG_END)] != _PNG_END:
        raise BadImage("damaged PNG: its end is missing")


def _check_tiff(image: TiffImagePlugin.TiffImageFile) -> None:
    if image.tag_v2.get(_NEW_SUBFILE_TYPE, 0) & _IS_REDUCED:
        raise BadImage(
            "a TIFF whose first picture is a small preview, as in a camera's raw file; save it as "
            "JPEG or PNG"
        )


def _is_native(image: Image.Image, data: bytes) -> bool:
    """Whether the graph's decoder takes the file and gives the pixels that Pillow sees."""
    if image.format in ("JPEG", "MPO"):
        return _is_common_jpeg(data)
    if image.format == "BMP":
        return _is_plain_bmp(data)
    return image.format == "PNG"


def _is_plain_bmp(data: bytes) -> bool:
    """Whether it is of 24 bits, uncompressed, and as long as TensorFlow wants it."""
    # TensorFlow ignores palettes and compression; offsets are of BITMAPINFOHEADER.
    is_plain = data[14:18] == b"\x28\0\0\0" and data[28:34] == b"\x18\0\0\0\0\0"
    start = int.from_bytes(data[10:14], "little")
    width, height = (int.from_bytes(data[at : at + 4], "little", signed=True) for at in (18, 22))
    row = (3 * width + 3) // 4 * 4
    return is_plain and len(data) == start + row * abs(height)


def _is_common_jpeg(data: bytes) -> bool:
    """Whether it is coded as nearly all are, and has its end, without which TensorFlow stops."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF or data[at + 1] == 0xFF:  # Fill bytes, or noise between segments.
            at += 1
        elif 0xC0 <= data[at + 1] <= 0xCF and data[at + 1] not in _NO_FRAMES:
            return data[at + 1] in _COMMON_FRAMES and data.find(b"\xff\xd9", at) > 0
        elif data[at + 1] in (0x00, 0x01) or 0xD0 <= data[at + 1] <= 0xD8:  # Without a length.
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return False


def _encode(image: Image.Image) -> bytes:
    """First frame as a PNG, upright, in 8 bits."""
    image.seek(0)
    buffer = io.BytesIO()
    ImageOps.exif_transpose(_to_eight_bit(image)).save(buffer, "PNG")
    return buffer.getvalue()


def _to_eight_bit(image: Image.Image) -> Image.Image:
    if image.mode in _EIGHT_BIT and not image.has_transparency_data:
        return image
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        # `convert` would clip at 255 instead of scaling.
        scaled = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
        scaled.info, scaled._exif = image.info, image.getexif()
        return scaled
    if image.mode in ("I", "F"):
        raise BadImage(
            f"its pixels are 32-bit numbers (mode {image.mode}) of unknown range; "
            "save it with 8 bits"
        )
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _reason(data: bytes, error: Exception, printed: list[str]) -> str:
    if not data:
        return "an empty file"
    if isinstance(error, UnidentifiedImageError):
        return foreign.explain(data)
    if isinstance(error, Image.DecompressionBombError):
        return f"too many pixels: {error}"
    # Pillow says only that libtiff failed, libtiff says why.
    details = f" ({printed[-1].removeprefix('tempfile.tif: ')})" if printed else ""
    return f"damaged image: {error}{details}"
