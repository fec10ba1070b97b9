"""Bytes -> an opened picture of a known format, and every decoder's trouble -> `Undecodable`."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

from PIL import Image, UnidentifiedImageError

from dupfinder.decode.container import ends_early
from dupfinder.decode.errors import Undecodable
from dupfinder.decode.sniff import HEIF, TIFF, Kind

_NEW_SUBFILE_TYPE, _DNG_VERSION = 254, 50706

# What decoders say when the file ends too early.
_ENDS_EARLY = ("truncated", "not enough image data", "reached eof")
# What they say, beside damage, of a variety of their format that they do not know.
_UNKNOWN_VARIETY = ("unsupported", "not supported")


@contextlib.contextmanager
def opened(data: bytes, kind: Kind, max_pixels: int) -> Iterator[Image.Image]:
    """The picture with its header read, refused before a pixel is allocated if too large."""
    if kind is HEIF and not _heif_is_registered():
        raise Undecodable("unsupported", "unsupported: HEIF; install dupfinder[heic]")
    if kind.decoder is None:
        raise Undecodable("unsupported", f"unsupported: {kind.name}")
    if ends_early(data, kind):
        raise Undecodable("truncated", f"truncated: the {kind.name} file ends too early")
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


@cache
def _heif_is_registered() -> bool:
    """Load pillow-heif when the first such file is met: it is an extra, and slow to import."""
    try:
        import pillow_heif  # noqa: PLC0415  # an extra
    except ImportError:
        return False
    # One picture is decoded by one thread: the workers are the parallelism.
    pillow_heif.register_heif_opener(thumbnails=False, decode_threads=1)
    return True


@contextlib.contextmanager
def guarded(kind: Kind) -> Iterator[None]:
    """Turn whatever a decoder raises into `Undecodable`, and keep its warnings to itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Undecodable:
            raise
        except MemoryError:
            raise Undecodable(
                "too-large", "decoding needs more memory than one file may take"
            ) from None
        except UnidentifiedImageError:  # its text holds an address that differs with every run
            reason = f"damaged: the {kind.name} decoder does not accept its header"
            raise Undecodable("damaged", reason) from None
        except Exception as error:  # noqa: BLE001  # decoders raise anything; see the tests
            raise _explained(error, kind) from None


def _explained(error: Exception, kind: Kind) -> Undecodable:
    """The trouble in one printable line; a decoder that stumbled is named with its exception."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(error))
    text = " ".join(text.split())
    if not text or not isinstance(error, OSError | ValueError | SyntaxError | EOFError):
        text = f"{type(error).__name__} {text}".rstrip()
    lower = text.lower()
    if any(words in lower for words in _ENDS_EARLY):
        code = "truncated"
    elif any(words in lower for words in _UNKNOWN_VARIETY):
        code = "unsupported"
    else:
        code = "damaged"
    return Undecodable(code, f"{code}: {kind.name} decoder: {text}"[:200])
