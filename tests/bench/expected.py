"""What is true of each edit of the labelled corpus: the relation to the original, the edits.

`truth(name, original)` follows what `make_corpus.py` does to the picture. An original says how
large it is and whether it has colours: cutting a square leaves more of a squarer photo, and a grey
photo cannot lose its colours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import cos, pi, radians, sin
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

# Below this share of the picture what is left counts as a part of it; near it either is right.
PART, PART_BAND = 5 / 6, 0.02
# Mean distance from grey (0 to 128) from which a photo has colours that can change visibly.
COLOURED = 6.0


@dataclass(frozen=True)
class Original:
    """The longer and the shorter side do not suffice: stretching and bars know directions."""

    width: int
    height: int
    is_coloured: bool

    @property
    def longer(self) -> int:
        return max(self.width, self.height)

    @property
    def squareness(self) -> float:
        """The share of the picture that the largest square in it takes."""
        return min(self.width, self.height) / self.longer


@dataclass(frozen=True)
class Truth:
    """What a right label says.

    Of `must` each is found (one of the kinds that "|" joins suffices); of `may` each can be found;
    any other kind is wrong. `amounts` are those that follow from how the copy was made.
    """

    relations: frozenset[str]
    must: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    amounts: Mapping[str, float] = field(default_factory=dict)


def original(path: Path) -> Original:
    """What has to be known of the original photo."""
    with Image.open(path) as image:
        colours = np.asarray(image.convert("YCbCr").reduce(8), np.float32)[..., 1:] - 128
        is_coloured = float(np.hypot(*np.moveaxis(colours, -1, 0)).mean()) >= COLOURED
        return Original(image.width, image.height, is_coloured)


def truth(edit: str, photo: Original) -> Truth:
    """The label that a copy made by `edit` from `photo` deserves."""
    if edit in _PLAIN:
        return _copy("", may=_PLAIN[edit])
    if edit in _TONED:
        return _copy("toned" if edit in _SURELY_TONED else "", may="toned, recoloured, grey")
    for family in (_exact, _coloured, _resized, _turned, _bordered, _cropped, _written, _strong):
        found = family(edit, photo)
        if found is not None:
            return found
    raise KeyError(edit)


# Re-encoded or filtered, and nothing else; strong ones shift tones and colours a little.
_PLAIN = dict.fromkeys(
    ("jpeg75", "jpeg50", "jpeg30", "progressive", "png", "webp", "avif", "heic", "exif_turn"), ""
) | dict.fromkeys(
    ("jpeg10", "gif", "posterize", "blur2", "sharpen", "noise15"), "toned, recoloured"
)
_SURELY_TONED = ("bright130", "bright70", "contrast150", "contrast60", "gamma60", "gamma170")
# How much these two change depends on the photo.
_TONED = (*_SURELY_TONED, "vignette", "autocontrast", "equalize")

_TURNS = {
    "rot90": ("turned", 90.0),
    "rot180": ("turned", 180.0),
    "rot270": ("turned", 270.0),
    "mirror": ("mirrored", None),
    "flip": ("mirrored, turned", 180.0),  # top to bottom
}


def _kinds(words: str) -> frozenset[str]:
    return frozenset(words.split(", ")) - {""}


def _copy(must: str = "", may: str = "", **amounts: float) -> Truth:
    return Truth(frozenset({"copy"}), _kinds(must), _kinds(may), amounts)


def _exact(edit: str, _: Original) -> Truth | None:
    relations = {"bytes": "identical", "retagged": "same_pixels"}
    return Truth(frozenset({relations[edit]})) if edit in relations else None


def _coloured(edit: str, photo: Original) -> Truth | None:
    """A photo without colours cannot lose them; tinted it has some."""
    if edit == "grey":
        return _copy("grey") if photo.is_coloured else _copy(may="grey, recoloured")
    if edit == "vivid":
        return _copy("recoloured", "toned") if photo.is_coloured else _copy(may="recoloured, toned")
    if edit in ("sepia", "warm"):
        return _copy("recoloured|toned|coloured", "recoloured, toned, coloured")
    return None


def _resized(edit: str, photo: Original) -> Truth | None:
    sides = {"thumb160": 160, "messenger": 640}
    factors = {"resize75": 0.75, "resize50": 0.5, "resize25": 0.25, "upscale150": 1.5}
    if edit == "stretch120":
        return _copy("stretched", "resized", stretched=1.2, resized=1.2**0.5)
    if edit in factors or edit in sides:
        factor = factors.get(edit) or min(1.0, sides[edit] / photo.longer)
        return _copy("resized", resized=factor) if factor < 0.98 or factor > 1.02 else _copy()
    return None


def _turned(edit: str, photo: Original) -> Truth | None:
    if edit in _TURNS:
        kinds, degrees = _TURNS[edit]
        return _copy(kinds, turned=degrees) if degrees is not None else _copy(kinds)
    if edit in ("tilt2", "tilt5"):  # straightened: cropped to the inside
        degrees = float(edit.removeprefix("tilt"))
        angle, slope = radians(degrees), 1 / photo.squareness
        kept = (cos(angle) + sin(angle) * slope) ** -2
        return _cut(kept, "tilted, cropped", tilted=degrees, cropped=kept)
    if edit == "tilt10fill":
        kept = _kept_by_turning(photo, 10)
        return _cut(kept, "tilted", "cropped", tilted=10, cropped=kept)
    return None


def _kept_by_turning(photo: Original, degrees: float) -> float:
    """The share of the photo that is still seen when it is turned in its own frame."""
    width, height = photo.width, photo.height
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1)
    whole = np.full((height, width), 255, np.uint8)
    return float(np.count_nonzero(cv2.warpAffine(whole, matrix, (width, height)))) / whole.size


def _bordered(edit: str, photo: Original) -> Truth | None:
    if edit in ("frame5", "frame15"):
        border = 2 * int(min(photo.width, photo.height) * int(edit.removeprefix("frame")) / 100)
        shown = photo.width * photo.height / ((photo.width + border) * (photo.height + border))
        return _copy("framed", framed=shown)
    return _copy("letterboxed", letterboxed=1 / 1.3) if edit == "letterbox15" else None


def _cut(kept: float, must: str, may: str = "", **amounts: float) -> Truth:
    """A copy, or a part where little is left."""
    relations = {"copy"} if kept > PART - PART_BAND else set()
    relations |= {"part"} if kept < PART + PART_BAND else set()
    return Truth(frozenset(relations), _kinds(must), _kinds(may), amounts)


def _cropped(edit: str, photo: Original) -> Truth | None:
    if edit == "square":
        kept = photo.squareness
    elif edit.startswith("crop"):
        kept = 1 - int(edit.removeprefix("crop")) / 100
    else:
        return None
    return _cut(kept, "cropped", cropped=kept) if kept < 0.97 else _copy(may="cropped")


def _written(edit: str, photo: Original) -> Truth | None:
    overlays = {"datestamp": "", "caption": "", "watermark": "toned, recoloured"}
    if edit in overlays:
        return _copy("written over", overlays[edit])
    if edit == "sticker25":
        disc = pi / 4 * 0.25**2 * photo.squareness
        return _copy("written over", "recoloured", **{"written over": disc})
    return None


def _strong(edit: str, photo: Original) -> Truth | None:
    if edit == "photo_of_photo":
        return _copy("perspective", "resized, framed, toned, recoloured")
    if edit in ("story", "collage"):
        return _inserted(edit, photo)
    if edit == "meme":
        factor = min(1.0, 640 / (photo.longer * 0.85**0.5))
        must = "cropped, written over"
    elif edit == "chain":
        factor = min(1.0, 720 / photo.longer)
        must = "cropped, framed" + (", recoloured" if photo.is_coloured else "")
    else:
        return None
    must += ", resized" if factor < 0.98 else ""
    return _copy(must, "toned, recoloured", cropped=0.85, resized=factor)


def _inserted(edit: str, photo: Original) -> Truth:
    """The photo stands, shrunk, in a picture of other content; a collage shows a square of it."""
    if edit == "story":
        factor = min(720 / photo.width, 900 / photo.height)
        shown = photo.width * photo.height * factor**2 / (720 * 1280)
        return _part("extended, resized", resized=factor, extended=shown)
    kept = photo.squareness
    factor = 640 / min(photo.width, photo.height)
    must = "extended" + (", cropped" if kept < 0.97 else "")
    must += ", resized" if abs(factor - 1) > 0.02 else ""
    return _part(must, "cropped, resized", cropped=kept, extended=0.5, resized=factor)


def _part(must: str, may: str = "", **amounts: float) -> Truth:
    return Truth(frozenset({"part"}), _kinds(must), _kinds(may), amounts)
