"""Check that an image decodes, and keep its bytes wherever TensorFlow can read them."""

import io
import warnings

from PIL import Image, ImageOps

MAX_PIXELS = 100_000_000
# Pillow opens multi-picture JPEGs through JPEG. Left out: formats that start other programs
# (EPS) or that any bytes could be (TGA).
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000")
_EIGHT_BIT = ("L", "RGB", "RGBA")


class BadImage(ValueError):
    """The bytes are not an image to train on; the message is the reason."""


def prepare(data: bytes) -> bytes:
    """Verify that an image decodes to its last row, and make it readable in the graph.

    JPEG (grey, CMYK and multi-picture too), PNG and plain 24-bit BMP come back
    unchanged, EXIF orientation included. Everything else becomes a PNG of the same
    pixels, turned upright; of an animation, the first frame. GIF is among these,
    since TensorFlow stops at damage in it that Pillow reads over.

    Args:
        data: An encoded image.

    Returns:
        `data` itself, or a PNG.

    Raises:
        BadImage: If the bytes are no image, are damaged, or would not fit in memory.
    """
    try:
        with warnings.catch_warnings():
            # Pillow only warns of large images; the limit below refuses them.
            warnings.simplefilter("ignore")
            return _verified(data)
    except BadImage:
        raise
    # Pillow's decoders raise whatever the damaged bytes provoke: OSError, SyntaxError,
    # ValueError, struct.error, IndexError and more.
    except Exception as error:
        raise BadImage(_reason(data, error)) from error


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels as stored, from the header alone."""
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        return image.size


def _verified(data: bytes) -> bytes:
    image = Image.open(io.BytesIO(data), formats=_FORMATS)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadImage(
            f"{width} x {height} pixels; images of more than {MAX_PIXELS:,} pixels are refused"
        )
    if image.format == "PNG":
        _check_png(data)
    image.load()
    return data if _is_native(image, data) else _encode(image)


def _check_png(data: bytes) -> None:
    """Fail where libpng would and Pillow does not: checksums and the end marker."""
    with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
        image.verify()
    if b"IEND\xaeB`\x82" not in data[-4096:]:
        raise BadImage("damaged PNG: its end is missing")


def _is_native(image: Image.Image, data: bytes) -> bool:
    """Whether TensorFlow's decoders give the pixels that Pillow sees."""
    if image.format in ("JPEG", "MPO", "PNG"):
        return True
    if image.format == "BMP":
        # TensorFlow ignores palettes and compression; offsets are of BITMAPINFOHEADER.
        bits_per_pixel = int.from_bytes(data[28:30], "little")
        return bits_per_pixel == 24 and data[14:18] == b"\x28\0\0\0" and data[30:34] == bytes(4)
    return False


def _encode(image: Image.Image) -> bytes:
    """First frame as a PNG, upright, in 8 bits."""
    image.seek(0)
    buffer = io.BytesIO()
    ImageOps.exif_transpose(_to_eight_bit(image)).save(buffer, "PNG")
    return buffer.getvalue()


def _to_eight_bit(image: Image.Image) -> Image.Image:
    if image.mode in _EIGHT_BIT:
        return image
    if image.format == "GIF":
        # A served GIF is decoded without transparency, so training must see it so too.
        return image.convert("RGB")
    if image.mode.startswith("I;16"):
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


def _reason(data: bytes, error: Exception) -> str:
    if not data:
        return "an empty file"
    if isinstance(error, Image.UnidentifiedImageError):
        return "not an image, or one whose header is damaged"
    if isinstance(error, Image.DecompressionBombError):
        return f"too many pixels: {error}"
    return f"damaged image: {error}"
