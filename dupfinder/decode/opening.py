"""Bytes -> an opened picture of a known format, and every decoder's trouble -> `Undecodable`."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

from PIL import Image, UnidentifiedImageError

from dupfinder.decode import camera_raw, jxl
from dupfinder.decode.camera_raw import WHOLE_SIZE, opened_raw, raw_kind
from dupfinder.decode.container import ends_early
from dupfinder.decode.errors import Undecodable, hold_to
from dupfinder.decode.jpeg import unknown_variety
from dupfinder.decode.pam import opened_pam
from dupfinder.decode.reasons import explained
from dupfinder.decode.sniff import HEIF, JPEG, JPEG_XL, PAM, TIFF, Kind
from dupfinder.decode.tiff import REDUCED, SUBFILE_TYPE


@contextlib.contextmanager
def opened_inside(
    data: bytes, kind: Kind, max_pixels: int
) -> Iterator[tuple[Image.Image, bytes, Kind]]:
    """The picture with its header read, and what it was read from: a JPEG out of a JPEG XL.

    Raises:
        Undecodable: for every trouble with the file, within the block as well.
    """
    with guarded(kind):
        inner_data, inner = unpacked(data, kind)
    with guarded(inner), opened(inner_data, inner, max_pixels) as image:
        yield image, inner_data, inner


@contextlib.contextmanager
def opened(data: bytes, kind: Kind, max_pixels: int) -> Iterator[Image.Image]:
    """The picture with its header read, refused before a pixel is allocated if too large."""
    _require(kind)
    if ends_early(data, kind):
        raise Undecodable("truncated", f"truncated: the {kind.name} file ends too early")
    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None  # our own limit is checked below, and is the user's
    try:
        with _opened(data, kind, max_pixels) as image:
            hold_to(max_pixels, image.width, image.height)
            tags: Any = getattr(image, "tag_v2", {})
            if kind is TIFF and tags.get(SUBFILE_TYPE, 0) == REDUCED:
                reason = "unsupported: TIFF that begins with the preview of another picture"
                raise Undecodable("unsupported", reason)
            yield image
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def unpacked(data: bytes, kind: Kind) -> tuple[bytes, Kind]:
    """What there is to decode: a TIFF may be a camera RAW, a JPEG XL may hold a whole JPEG."""
    if kind is TIFF:
        return data, raw_kind(data) or kind
    if kind is JPEG_XL and jxl.plugin() is not None and not ends_early(data, kind):
        jpeg = jxl.jpeg_inside(data)
        return (data, kind) if jpeg is None else (jpeg, JPEG)
    return data, kind


def whole_size(image: Image.Image) -> tuple[int, int]:
    """Width and height of the photo as stored: of a RAW only a preview may have been opened."""
    width, height = image.info.get(WHOLE_SIZE, image.size)
    return width, height


def _opened(data: bytes, kind: Kind, max_pixels: int) -> Image.Image:
    if kind is JPEG_XL:
        header = jxl.header(data)
        if header is not None:
            hold_to(max_pixels, header.width, header.height)
        return jxl.opened_jxl(data)
    if kind.is_raw:
        return opened_raw(data, max_pixels)
    if kind is PAM:
        return opened_pam(data, max_pixels)
    variety = unknown_variety(data) if kind is JPEG else None
    if variety is not None:
        raise Undecodable("unsupported", f"unsupported: {variety}")
    assert kind.decoder is not None  # else it is refused
    return Image.open(io.BytesIO(data), formats=(kind.decoder,))


def _require(kind: Kind) -> None:
    """Refuse what no decoder here reads, and what takes an extra that is not installed."""
    missing = (
        (kind is HEIF and not _heif_is_registered())
        or (kind is JPEG_XL and jxl.plugin() is None)
        or (kind.is_raw and camera_raw.plugin() is None)
    )
    if kind.decoder is None or missing:
        install = f"; install dupfinder[{kind.extra}]" if missing else ""
        raise Undecodable("unsupported", f"unsupported: {kind.name}{install}")


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
            raise explained(error, kind) from None
