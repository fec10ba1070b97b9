"""What a picture's EXIF says, as far as it can be believed: which way is up, when, and by what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from PIL import Image

from dupfinder.decode.metadata import read_metadata
from dupfinder.model import Metadata, Orientation

_ORIENTATION_TAG, _EXIF_IFD, _DATE_TIME_ORIGINAL, _SUBSECONDS = 0x0112, 0x8769, 0x9003, 0x9291
_MAKE, _MODEL, _SOFTWARE, _DATE_TIME, _DATE_TIME_SUBSECONDS = 0x010F, 0x0110, 0x0131, 0x0132, 0x9290
_EXPOSURE_TIME, _APERTURE, _SENSITIVITY = 0x829A, 0x829D, 0x8827
_TIME = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII)

# EXIF orientation 1 to 8 -> what must be done to the stored pixels to show them upright.
_TURN = (
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
class Exif:
    """`orientation` is 1 to 8; `camera` and `exposure` as in `model.Photo`."""

    orientation: int = 1
    camera: str | None = None
    exposure: str | None = None
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def turn(self) -> Orientation:
        """What must be done to the stored pixels to show them upright."""
        return _TURN[self.orientation - 1]


def read_exif(image: Image.Image) -> Exif:
    """What is known of a picture; whatever is damaged counts as not there.

    To be asked after the picture was loaded: PNG may bring its EXIF behind the pixels, and some
    decoders turn the pixels themselves and then forget the orientation.
    """
    orientation = 1
    try:
        exif = image.getexif()
        value = exif.get(_ORIENTATION_TAG)
        if isinstance(value, int) and 1 <= value <= 8:
            orientation = value
        details = exif.get_ifd(_EXIF_IFD)
    except Exception:  # noqa: BLE001  # offsets that lead anywhere raise anything
        return Exif(orientation)
    camera = _camera(exif)
    taken_at = _timestamp(details.get(_DATE_TIME_ORIGINAL), details.get(_SUBSECONDS))
    if taken_at is None:
        # This time is of the last change. It is the camera's where it has fractions, which programs
        # do not write, or where the camera has named itself and no program has.
        fraction = details.get(_DATE_TIME_SUBSECONDS)
        if fraction or (camera is not None and _text(exif.get(_SOFTWARE)) is None):
            taken_at = _timestamp(exif.get(_DATE_TIME), fraction)
    metadata = replace(read_metadata(image, exif), taken_at=taken_at)
    return Exif(orientation, camera, _exposure(details), metadata)


def set_orientation(image: Image.Image, orientation: int) -> None:
    """Make it what `read_exif` finds: of some formats the decoder knows it, and EXIF does not."""
    try:
        image.getexif()[_ORIENTATION_TAG] = orientation
    except Exception:  # noqa: BLE001  # damaged; it counts as loaded then, and is empty
        image.getexif()[_ORIENTATION_TAG] = orientation


def _camera(exif: Image.Exif) -> str | None:
    words = [text for tag in (_MAKE, _MODEL) if (text := _text(exif.get(tag)))]
    return " ".join(words) or None


def _text(value: object) -> str | None:
    """A tag's printable text without what pads it, None if nothing is left."""
    if not isinstance(value, str):
        return None
    return " ".join("".join(each if each.isprintable() else " " for each in value).split()) or None


def _exposure(details: dict[int, Any]) -> str | None:
    """Exposure time in seconds, aperture and sensitivity, as far as they are numbers."""
    parts = []
    for name, tag in (("t", _EXPOSURE_TIME), ("f", _APERTURE), ("iso", _SENSITIVITY)):
        value = details.get(tag)
        try:
            parts.append(f"{name}={float(value):.4g}")  # type: ignore[arg-type]
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            continue
    return " ".join(parts) or None


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
