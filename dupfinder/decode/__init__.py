"""Bytes -> picture: the one place that opens one. Any trouble is an `Undecodable` with its reason.

A seam for isolation: everything here is a function of the file's bytes and plain numbers, so that
it can run in a child process that may be killed.
"""

from __future__ import annotations

import contextlib
import io
import re
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray
from PIL import Image, ImageMode
from PIL import __version__ as pillow_version

from dupfinder.decode.borders import inner_box
from dupfinder.decode.errors import Undecodable
from dupfinder.decode.jpeg import quantization_step, stream_digest
from dupfinder.decode.sniff import HEIF, JPEG, TIFF, Kind
from dupfinder.model import Orientation
from dupfinder.protocols import THUMBNAIL_SIDE, GreyImage, Picture, Thumbnail

# What changes pixels or what is read of a file: remembered results of another version are not used.
VERSION = f"1;pillow={pillow_version}"

_ORIENTATION_TAG, _EXIF_IFD, _DATE_TIME_ORIGINAL, _SUBSECONDS = 0x0112, 0x8769, 0x9003, 0x9291
_TIME = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII)
_NEW_SUBFILE_TYPE, _DNG_VERSION = 254, 50706
_MID_GREY = 128

# EXIF orientation 1 to 8 -> what must be done to the stored pixels to show them upright.
_EXIF_TURN = (
    Orientation.UPRIGHT,
    Orientation.MIRRORED,
    Orientation.TURNED_180,
    Orientation.MIRRORED_180,
    Orientation.MIRRORED_270,
    Orientation.TURNED_270,
    Orientation.MIRRORED_90,
    Orientation.TURNED_90,
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture and what its file says of it; see `model.Photo` for the fields."""

    picture: Picture
    format: str
    lossless: bool
    taken_at: str | None
    quantization: float | None
    pixel_digest: bytes | None


def decode(data: bytes, kind: Kind, side: int, max_pixels: int) -> Decoded:
    """Decode once, upright, at the smallest scale whose longer side is at least `side` pixels.

    Only JPEG can be decoded smaller than it is; other formats are decoded whole and come with the
    digest of their pixels. A picture smaller than `side` is not enlarged.

    Raises:
        Undecodable: for every trouble with the file, whatever the decoder raised.
    """
    _require_decoder(kind)
    with _guarded(), _opened(data, kind, max_pixels) as image:
        exif = _exif(image)
        turn = _EXIF_TURN[exif.orientation - 1]
        width, height = image.size[::-1] if turn.swaps_sides else image.size
        quantization = None
        if kind is JPEG:
            quantization = quantization_step(getattr(image, "quantization", {}))
            factor = max(1, max(image.size) // side)
            image.draft("RGB", (image.width // factor, image.height // factor))
        image.load()
        rgb = oriented(_rgb(image), turn)
        is_jpeg = kind is JPEG
        digest = stream_digest(data, exif.orientation) if is_jpeg else _digest(image, turn)
        return Decoded(
            picture=_picture(rgb, width, height),
            format=kind.name,
            lossless=kind.lossless,
            taken_at=exif.taken_at,
            quantization=quantization,
            pixel_digest=digest,
        )


def full_pixel_digest(data: bytes, kind: Kind, max_pixels: int) -> bytes:
    """A digest of every pixel as shown, decoded at full size: equal for equal pictures only.

    Raises:
        Undecodable: for every trouble with the file.
    """
    _require_decoder(kind)
    with _guarded(), _opened(data, kind, max_pixels) as image:
        turn = _EXIF_TURN[_exif(image).orientation - 1]
        image.load()
        return _digest(image, turn)


def oriented(pixels: NDArray[Any], turn: Orientation) -> NDArray[Any]:
    """The array (height, width, ...) brought into `turn`; see `Orientation`."""
    turned = np.rot90(pixels, turn.quarter_turns)
    return np.ascontiguousarray(turned[:, ::-1] if turn.is_mirrored else turned)


def _require_decoder(kind: Kind) -> None:
    if kind is HEIF and not _heif_is_registered():
        raise Undecodable("unsupported", "unsupported: HEIF; install dupfinder[heic]")
    if kind.decoder is None:
        raise Undecodable("unsupported", f"unsupported: {kind.name}")


_heif_known: bool | None = None


def _heif_is_registered() -> bool:
    """Load pillow-heif when the first such file is met: it is an extra, and slow to import."""
    global _heif_known  # noqa: PLW0603  # one registration per process, as Pillow's registry is
    if _heif_known is None:
        try:
            import pillow_heif  # noqa: PLC0415  # an extra
        except ImportError:
            _heif_known = False
        else:
            # One picture is decoded by one thread: the workers are the parallelism.
            pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)
            _heif_known = True
    return _heif_known


@contextlib.contextmanager
def _guarded() -> Iterator[None]:
    """Turn whatever a decoder raises into `Undecodable`, and keep its warnings to itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Undecodable:
            raise
        except MemoryError:
            raise Undecodable("too-large", "decoding needs more memory than there is") from None
        except Exception as error:  # noqa: BLE001  # decoders raise anything; see the reference
            text = " ".join(str(error).split()) or type(error).__name__
            code = "truncated" if "truncated" in text.lower() else "damaged"
            raise Undecodable(code, f"{code}: {text}"[:200]) from None


@contextlib.contextmanager
def _opened(data: bytes, kind: Kind, max_pixels: int) -> Iterator[Image.Image]:
    """The picture with its header read, refused before a pixel is allocated if too large."""
    assert kind.decoder is not None
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None  # our own limit is checked below, and is the user's
    try:
        with Image.open(io.BytesIO(data), formats=(kind.decoder,)) as image:
            if image.width * image.height > max_pixels:
                raise Undecodable(
                    "too-many-pixels",
                    f"{image.width}x{image.height} pixels: the limit is {max_pixels:,}",
                )
            if kind is TIFF and _is_raw_preview(image):
                raise Undecodable("unsupported", "unsupported: camera RAW (TIFF container)")
            yield image
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _is_raw_preview(image: Image.Image) -> bool:
    """Camera RAW files in a TIFF container open as their small preview, which is not the photo."""
    tags: Any = getattr(image, "tag_v2", {})
    return _DNG_VERSION in tags or tags.get(_NEW_SUBFILE_TYPE, 0) == 1


@dataclass(frozen=True, slots=True)
class _Exif:
    orientation: int
    taken_at: str | None


def _exif(image: Image.Image) -> _Exif:
    """Orientation and capture time; damaged EXIF counts as none."""
    try:
        exif = image.getexif()
        value = exif.get(_ORIENTATION_TAG, 1)
        details = exif.get_ifd(_EXIF_IFD)
    except (OSError, ValueError, TypeError, KeyError, IndexError, SyntaxError, struct.error):
        return _Exif(1, None)
    orientation = value if isinstance(value, int) and 1 <= value <= 8 else 1
    taken_at = _timestamp(details.get(_DATE_TIME_ORIGINAL), details.get(_SUBSECONDS))
    return _Exif(orientation, taken_at)


def _timestamp(text: object, subseconds: object) -> str | None:
    """`2019:07:14 18:22:05` and `37` -> `2019-07-14 18:22:05.37`; anything else is no time."""
    if not isinstance(text, str):
        return None
    parts = _TIME.fullmatch(text.strip(" \0"))
    if parts is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in parts.groups())
    try:
        time = datetime(year, month, day, hour, minute, second).isoformat(sep=" ")
    except ValueError:
        return None
    digits = subseconds.strip(" \0") if isinstance(subseconds, str) else ""
    return f"{time}.{digits}" if digits.isascii() and digits.isdigit() else time


def _rgb(image: Image.Image) -> NDArray[np.uint8]:
    """(height, width, 3) uint8: alpha over mid-grey, deep pictures scaled to 8 bits."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return np.repeat(_eight_bits(np.asarray(image))[..., None], 3, axis=2)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, (_MID_GREY, _MID_GREY, _MID_GREY, 255))
        image = Image.alpha_composite(ground, rgba)
    return np.asarray(image.convert("RGB"))


def _eight_bits(deep: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale integers by the range of their type's use (16 bits), floats by their own range."""
    if deep.dtype.kind in "iu" and deep.min(initial=0) >= 0 and deep.max(initial=0) <= 0xFFFF:
        return (deep // 257).astype(np.uint8)
    values = np.nan_to_num(deep.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = float(values.min(initial=0)), float(values.max(initial=0))
    return np.asarray((values - low) * (255 / ((high - low) or 1)), dtype=np.uint8)


def _picture(rgb: NDArray[np.uint8], width: int, height: int) -> Picture:
    luma = Image.fromarray(rgb).convert("L")  # ITU-R 601
    return Picture(rgb, np.asarray(luma), width, height, _thumbnail(luma))


def _thumbnail(luma: Image.Image) -> Thumbnail:
    """Area-averaged, so that a hash hardly depends on the scale of the decode."""
    square = luma.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BOX)
    return np.asarray(square)


def shrunk(grey: GreyImage, side: int) -> GreyImage:
    """The picture with its longer side at most `side` pixels, area-averaged."""
    factor = side / max(grey.shape)
    if factor >= 1:
        return grey
    height, width = (max(1, round(length * factor)) for length in grey.shape)
    return np.asarray(Image.fromarray(grey).resize((width, height), Image.Resampling.BOX))


def without_border(picture: Picture) -> Picture | None:
    """The picture inside its frame or letterbox bars, or None if it has none; see `borders`."""
    inside = inner_box(picture.grey)
    if inside is None:
        return None
    rows, columns = inside
    rgb = np.ascontiguousarray(picture.rgb[rows, columns])
    scale = picture.width / picture.grey.shape[1]
    return _picture(rgb, round(rgb.shape[1] * scale), round(rgb.shape[0] * scale))


def _digest(image: Image.Image, turn: Orientation) -> bytes:
    """BLAKE3 of size, kind and values of the pixels as shown."""
    if image.mode in ("1", "L", "P", "RGB", "PA", "LA", "RGBA", "RGBX", "CMYK", "YCbCr"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    pixels = np.asarray(image)
    if image.mode == "RGBA" and pixels[..., 3].min(initial=255) == 255:
        pixels = pixels[..., :3]
    shown = oriented(pixels, turn)
    kind = ImageMode.getmode(image.mode).typestr if image.mode not in ("RGB", "RGBA") else "rgb"
    return blake3(f"{kind}{shown.shape}".encode()).update(shown.data).digest()
