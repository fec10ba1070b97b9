"""A file -> a photo: one read and one decode give everything that later stages ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from blake3 import blake3

from dupfinder.decode import Decoded, decode, shrunk, without_border
from dupfinder.decode.errors import Undecodable
from dupfinder.decode.sniff import claims_to_be_a_picture
from dupfinder.decode.source import read
from dupfinder.features.packing import Packed
from dupfinder.model import Photo, PhotoFile, Skipped
from dupfinder.protocols import Hasher, Picture, Thumbnail

# Pixels of the longer side of the decode: four times what a thumbnail needs.
SIDE = 256


@dataclass(frozen=True, slots=True)
class Reading:
    """A photo and what its decode left: a thumbnail of 64x64 luma, row by row, and perhaps 16x16
    chroma behind it; and packed local features, and descriptors by the method of a search, if they
    were asked for.
    """

    photo: Photo
    thumbnail: bytes
    features: Packed | None = None
    described: Mapping[str, bytes] | None = None


def fingerprint(
    file: PhotoFile,
    hasher: Hasher,
    max_pixels: int,
    *,
    deep: bool = False,
    describe: Callable[[Picture], Mapping[str, bytes]] | None = None,
) -> Reading | Skipped | None:
    """Read and decode a file once; None if it neither is a picture nor claims to be one.

    A `deep` reading looks at colours and extracts local features, too; only such a one may be asked
    to `describe` the picture for a search, since that depends on the decode in colour.
    """
    try:
        found = read(file)
        if found is None:
            return _no_picture(file)
        kind, data = found
        decoded = decode(data, kind, SIDE, max_pixels, colour=deep or hasher.needs_colour)
        photo = _photo(file, blake3(data).digest(), decoded, hasher)
        return Reading(
            photo=photo,
            thumbnail=_stored(decoded),
            features=_features(decoded) if deep else None,
            described=describe(decoded.picture) if describe is not None else None,
        )
    except Undecodable as trouble:
        return _skipped(file, trouble)


def content_digest(file: PhotoFile, *, whole: bool = True) -> bytes | Skipped | None:
    """The BLAKE3 of a picture file's bytes, without decoding it.

    Of a file that need not be read as a `whole` only the kind is looked at: nothing is digested.
    """
    try:
        found = read(file, whole=whole)
        return _no_picture(file) if found is None else blake3(found[1]).digest()
    except Undecodable as trouble:
        return _skipped(file, trouble)


def _skipped(file: PhotoFile, trouble: Undecodable) -> Skipped | None:
    if trouble.code == "empty" and not claims_to_be_a_picture(file.path):
        return None
    return Skipped(file.path, "decode", trouble.code, str(trouble))


def _no_picture(file: PhotoFile) -> Skipped | None:
    """A file that is named like a picture and is none deserves a word; a note does not."""
    if not claims_to_be_a_picture(file.path):
        return None
    reason = "the name says picture, the content is none that is known here"
    return Skipped(file.path, "decode", "not-a-picture", reason)


def _photo(file: PhotoFile, digest: bytes, decoded: Decoded, hasher: Hasher) -> Photo:
    """Fingerprints of the picture and, if it has a frame or bars, of what is inside them."""
    picture = decoded.picture
    inside = without_border(picture)
    shown = (picture,) if inside is None else (picture, inside)
    inner = picture if inside is None else inside
    return Photo(
        file=file,
        digest=digest,
        pixel_digest=decoded.pixel_digest,
        format=decoded.format,
        width=picture.width,
        height=picture.height,
        inner=(inner.width, inner.height),
        taken_at=decoded.taken_at,
        camera=decoded.camera,
        exposure=decoded.exposure,
        annotations=decoded.annotations,
        quality=quality(picture.thumbnail),
        quantization=decoded.quantization,
        lossless=decoded.lossless,
        frames=decoded.frames,
        damage=decoded.damage,
        fingerprints=tuple(hasher.fingerprint(each) for each in shown),
    )


def quality(thumbnail: Thumbnail) -> int:
    """0 to 100: how much structure a hash of this picture can hold, by the sum of its gradients.

    PDQ's measure (Meta 2019): steps between neighbours in percent of the grey range, summed,
    divided by 90 and capped.
    """
    luma = thumbnail.astype(np.int16)
    steps = [np.abs(np.diff(luma, axis=axis)) * 100 // 255 for axis in (0, 1)]
    return min(100, int(sum(int(step.sum()) for step in steps)) // 90)


def _features(decoded: Decoded) -> Packed:
    # Here, not above: only deep readings load OpenCV and the codebook.
    from dupfinder.features.packing import packed  # noqa: PLC0415
    from dupfinder.features.sift import SIDE, described  # noqa: PLC0415

    return packed(described(shrunk(decoded.picture.grey, SIDE)))


def _stored(decoded: Decoded) -> bytes:
    """The thumbnail and, if colour was decoded, its chroma behind it."""
    chroma = decoded.picture.chroma
    return decoded.picture.thumbnail.tobytes() + (b"" if chroma is None else chroma.tobytes())
