"""Camera RAW: which TIFF files are one, and the picture in it, by LibRaw (rawpy, an extra).

The preview that the camera made is the picture: it is what the camera's JPEG looks like, and comes
at a hundredth of the cost. Where there is none, or a tiny one, the sensor's values are developed.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from PIL import Image

from dupfinder.decode.errors import Undecodable, hold_to
from dupfinder.decode.exif import set_orientation
from dupfinder.decode.sniff import DNG, HEAD, Kind, camera_raw
from dupfinder.decode.tiff import (
    COMPRESSION,
    DNG_VERSION,
    LEAF_DIRECTORY,
    MAKE,
    PHOTOMETRIC,
    STRIP_BYTES,
    STRIP_OFFSETS,
    TILE_BYTES,
    TILE_OFFSETS,
    Tiff,
)

# Under this name an image's `info` holds the sides of the whole photo, as stored.
WHOLE_SIZE = "whole size"

# Values of a colour filter array, and of one that was interpolated (TIFF/EP, DNG).
_SENSOR = {32803, 34892}
# How makers code them: nobody else uses these.
_MAKERS_CODINGS = {
    262: "Kodak",
    32767: "Sony",
    32769: "Epson",
    32770: "Samsung",
    34713: "Nikon",
    65000: "Kodak",
    65535: "Pentax",
}
_PHASE_ONE_RAW, _LEAF_RAW = camera_raw("Phase One"), camera_raw("Leaf")
_NAMELESS = "TIFF container"
_PHASE_ONE = (b"IIII", b"MMMM")

# What a TIFF may turn out to be; any maker's may, where the values are those of a sensor.
IN_TIFF = (
    DNG,
    _PHASE_ONE_RAW,
    _LEAF_RAW,
    *(camera_raw(maker) for maker in sorted({*_MAKERS_CODINGS.values(), _NAMELESS})),
)

# A preview whose longer side has less pixels than this, and than half of the photo's, is tiny.
_TINY = 1000
_SWAPS_SIDES = (5, 6)  # LibRaw's flip: a quarter turn
_ORIENTATION_TAG, _EXIF_IFD, _XMP_TAG = 0x0112, 0x8769, 700
_EXIF = b"Exif\0\0"


def raw_kind(data: bytes) -> Kind | None:
    """The kind of RAW file that a TIFF is; None if it is a picture."""
    if data[8:12] in _PHASE_ONE:
        return _PHASE_ONE_RAW
    pages = Tiff(data).directories((COMPRESSION, PHOTOMETRIC, MAKE, LEAF_DIRECTORY, DNG_VERSION))
    if not pages:
        return None
    if DNG_VERSION in pages[0]:
        return DNG
    if LEAF_DIRECTORY in pages[0]:
        return _LEAF_RAW
    for page in pages:
        coding, meaning = (page.get(tag, (0,))[0] for tag in (COMPRESSION, PHOTOMETRIC))
        if coding in _MAKERS_CODINGS or meaning in _SENSOR:
            return camera_raw(_maker(pages[0].get(MAKE, ())))
    return None


def _maker(make: tuple[int, ...]) -> str:
    """`NIKON CORPORATION` -> `Nikon`."""
    words = bytes(make).decode("ascii", "replace").split()
    first = words[0].strip("\0") if words else ""
    return first.capitalize() if first.isalpha() and len(first) <= 20 else _NAMELESS


def raw_ends_early(data: bytes) -> bool:
    """Whether the values of the sensor go on behind the end, be the preview whole or not."""
    if len(data) < HEAD:
        return True
    if data.startswith(b"FUJIFILM"):  # offsets and lengths of the preview, and of the values
        spans = [(int.from_bytes(data[at : at + 4]), at + 4) for at in (84, 100)]
        return any(start + int.from_bytes(data[at : at + 4]) > len(data) for start, at in spans)
    for page in Tiff(data).directories((STRIP_OFFSETS, STRIP_BYTES, TILE_OFFSETS, TILE_BYTES)):
        for offsets, lengths in ((STRIP_OFFSETS, STRIP_BYTES), (TILE_OFFSETS, TILE_BYTES)):
            for start, length in zip(page.get(offsets, ()), page.get(lengths, ()), strict=False):
                if start + length > len(data):
                    return True
    return False


def opened_raw(data: bytes, max_pixels: int) -> Image.Image:
    """The picture in a RAW file, not yet loaded, with what the file says about it.

    Raises:
        Undecodable: if it has more than `max_pixels`, or LibRaw does not read it.
    """
    rawpy = plugin()
    try:
        with _silenced(), rawpy.RawPy() as raw:
            raw.open_buffer(io.BytesIO(data))
            image, whole, orientation = _picture(raw, max_pixels)
    except rawpy.LibRawFileUnsupportedError:
        reason = "unsupported: camera RAW of a camera that LibRaw does not know, or damaged"
        raise Undecodable("unsupported", reason) from None
    except rawpy.LibRawIOError:
        raise Undecodable("truncated", "truncated: the camera RAW file ends too early") from None
    except (rawpy.LibRawTooBigError, rawpy.LibRawUnsufficientMemoryError):
        reason = "developing the camera RAW needs more memory than one file may take"
        raise Undecodable("too-large", reason) from None
    except rawpy.LibRawError:
        reason = "damaged: LibRaw does not accept the camera RAW"
        raise Undecodable("damaged", reason) from None
    _tell(image, data)
    image.info[WHOLE_SIZE] = whole
    set_orientation(image, orientation)
    return image


def _picture(raw: Any, max_pixels: int) -> tuple[Image.Image, tuple[int, int], int]:
    """What is shown, the sides of the whole photo as that is turned, and its EXIF orientation."""
    sizes = raw.sizes
    across, down = sizes.width, sizes.height
    hold_to(max_pixels, across, down)
    image = _preview(raw, sizes)
    if image is None or image.width * image.height > max_pixels:
        image = Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True))
        return image, (down, across) if sizes.flip in _SWAPS_SIDES else (across, down), 1
    orientation = _orientation(image, sizes)
    if _is_upright(image, sizes):
        across, down = down, across
    # The camera may have been told to cut the picture to another shape.
    scale = min(across / image.width, down / image.height)
    whole = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image, whole, orientation


@contextmanager
def _silenced() -> Iterator[None]:
    """LibRaw writes its complaints straight to standard error: they are told in the report."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_RDONLY)  # a worker may open nothing for writing
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def _preview(raw: Any, sizes: Any) -> Image.Image | None:
    """The largest one that the camera has stored; None if there is none worth its name."""
    rawpy = plugin()
    try:
        found = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        return None
    if found.format == rawpy.ThumbFormat.JPEG:
        image: Image.Image = Image.open(io.BytesIO(found.data), formats=("JPEG",))
    else:
        image = Image.fromarray(found.data)
    enough = min(_TINY, max(sizes.width, sizes.height) / 2)
    return image if max(image.size) >= enough else None


def _is_upright(image: Image.Image, sizes: Any) -> bool:
    """Whether the camera has turned the preview, and not the values of its sensor."""
    return bool(
        sizes.flip in _SWAPS_SIDES
        and (image.width > image.height) != (sizes.width > sizes.height)
        and image.width != image.height
    )


def _orientation(image: Image.Image, sizes: Any) -> int:
    """EXIF's, of the preview: LibRaw gives a JPEG that has no EXIF one with the photo's."""
    if _is_upright(image, sizes):
        return 1
    own = image.getexif().get(_ORIENTATION_TAG)
    if isinstance(own, int) and 1 <= own <= 8:
        return own
    return {3: 3, 5: 8, 6: 6}.get(sizes.flip, 1)


def _tell(image: Image.Image, data: bytes) -> None:
    """Gives the image the file's own EXIF, which says more than the preview's."""
    own = image.info.get("exif", b"")
    head, details = data, b""
    if data[4:8] == b"ftyp":
        head, details = _canon_box(data, b"CMT1"), _canon_box(data, b"CMT2")
    elif data[:2] not in (b"II", b"MM"):
        return
    # Olympus and Panasonic have a magic number of their own.
    magic = b"*\0" if head.startswith(b"II") else b"\0*"
    exif = image.getexif()
    try:
        exif.load(_EXIF + head[:2] + magic + head[4:])
        if details:
            further = Image.Exif()
            further.load(_EXIF + details)
            exif.get_ifd(_EXIF_IFD).update(dict(further))
        xmp = exif.get(_XMP_TAG)
    except Exception:  # noqa: BLE001  # offsets that lead anywhere raise anything
        exif.load(own)
        return
    if isinstance(xmp, bytes):
        image.info["xmp"] = xmp


def _canon_box(data: bytes, name: bytes) -> bytes:
    """A TIFF of its own in a CR3 file: CMT1 has the camera, CMT2 what EXIF's directory holds."""
    at = data.find(name)
    length = int.from_bytes(data[at - 4 : at], "big")
    return data[at + 4 : at - 4 + length] if at >= 4 else b""


@cache
def plugin() -> Any:
    """The library, None if the extra is not installed; loaded when the first such file is met."""
    # Its threads would be more than there are cores, and in a worker more than it may start.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        import rawpy  # noqa: PLC0415  # an extra
    except ImportError:
        return None
    return rawpy
