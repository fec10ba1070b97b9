"""Bytes -> picture: the one place that opens one. Any trouble is an `Undecodable` with its reason.

A seam for isolation: everything here is a function of the file's bytes and plain numbers, so that
it can run in a child process that may be killed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from dupfinder.decode.borders import inner_box
from dupfinder.decode.digest import pixel_digest
from dupfinder.decode.exif import Exif, read_exif
from dupfinder.decode.frames import cut_short, frame_count
from dupfinder.decode.jpeg import is_lossless, quantization_step, scaled, stream_digest
from dupfinder.decode.opening import opened_inside, whole_size
from dupfinder.decode.pixels import flattened, picture_of, upright
from dupfinder.decode.sniff import JPEG, Kind
from dupfinder.model import CAPTURE_TIME, Metadata
from dupfinder.protocols import GreyImage, Picture


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture and what its file says of it; see `model.Photo` for the fields."""

    picture: Picture
    format: str
    lossless: bool
    taken_at: str | None
    camera: str | None
    exposure: str | None
    annotations: tuple[str, ...]
    quantization: float | None
    pixel_digest: bytes | None
    frames: int
    damage: str | None


def decode(data: bytes, kind: Kind, side: int, max_pixels: int, *, colour: bool = True) -> Decoded:
    """Decode once, upright, at the smallest scale whose longer side is at least `side` pixels.

    JPEG is decoded smaller than it is; other formats are decoded whole, come with the digest of
    their pixels, and are shrunk then. A picture smaller than `side` is not enlarged. Without
    `colour` the picture has no `rgb`, and a JPEG's chroma is not decoded at all.

    Raises:
        Undecodable: for every trouble with the file, whatever the decoder raised.
    """
    with opened_inside(data, kind, max_pixels) as (image, stream, inner):
        stored_size, frames = whole_size(image), frame_count(image, stream, inner)
        tables: dict[int, list[int]] = getattr(image, "quantization", {})
        factor = max(1, max(image.size) // side)
        drafted = inner is JPEG and not is_lossless(stream)
        if drafted or inner is not JPEG:
            # Very narrow pictures would have no pixel left across. Only JPEG heeds it.
            size = (max(1, image.width // factor), max(1, image.height // factor))
            image.draft("RGB" if colour else "L", size)
        pixels, digest, exif, damage = _loaded(image, stream, inner)
        factor = 1 if drafted else max(1, max(image.size) // side)
        width, height = stored_size[::-1] if exif.turn.swaps_sides else stored_size
        shown = upright(flattened(pixels, factor, colour=colour), exif.turn)
        return Decoded(
            picture=picture_of(shown, width, height, colour=colour),
            format=kind.name if inner is JPEG else inner.name,
            lossless=inner.lossless,
            taken_at=exif.metadata.taken_at,
            camera=exif.camera,
            exposure=exif.exposure,
            annotations=tuple(sorted(exif.metadata.kinds - {CAPTURE_TIME})),
            quantization=quantization_step(tables) if kind is JPEG else None,
            pixel_digest=digest,
            frames=frames,
            damage=damage,
        )


def _loaded(
    image: Image.Image, stream: bytes, kind: Kind
) -> tuple[Image.Image, bytes | None, Exif, str | None]:
    """The pixels of an opened picture, their digest, what EXIF tells, and what is damaged."""
    if kind is JPEG:
        pixels, damage = scaled(image, stream)
        exif = read_exif(image)
        return pixels, stream_digest(stream, exif.orientation), exif, damage
    digest, exif = pixel_digest(image, stream, kind)
    return image, digest, exif, cut_short(stream, kind)


def full_pixel_digest(data: bytes, kind: Kind, max_pixels: int) -> bytes:
    """A digest of every pixel as shown, decoded at full size: equal for equal pictures only.

    Raises:
        Undecodable: for every trouble with the file.
    """
    with opened_inside(data, kind, max_pixels) as (image, stream, inner):
        return pixel_digest(image, stream, inner)[0]


def read_metadata(data: bytes, kind: Kind, max_pixels: int) -> Metadata:
    """What the bytes of a picture file say about it, in values.

    Raises:
        Undecodable: for every trouble with the file.
    """
    with opened_inside(data, kind, max_pixels) as (image, _, inner):
        if inner is not JPEG:  # some bring it behind the pixels
            image.load()
        return read_exif(image).metadata


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
    shown = picture.grey if picture.rgb is None else picture.rgb
    cut = np.ascontiguousarray(shown[inside])
    scale = picture.width / picture.grey.shape[1]
    width, height = round(cut.shape[1] * scale), round(cut.shape[0] * scale)
    return picture_of(Image.fromarray(cut), width, height, colour=picture.rgb is not None)
