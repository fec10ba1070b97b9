"""A candidate pair -> a verdict: the verifiers are asked in order until one decides."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from dupfinder.decode import decode, full_pixel_digest, shrunk
from dupfinder.decode.errors import Undecodable
from dupfinder.decode.source import read
from dupfinder.features.packing import unpacked as features_of
from dupfinder.model import Answer, CandidatePair, Evidence, Photo, PhotoFile, Verdict
from dupfinder.protocols import (
    CHROMA_SIDE,
    THUMBNAIL_SIDE,
    VIEW_SIDE,
    Chroma,
    Features,
    GreyImage,
    Looks,
    Picture,
    T,
    Thumbnail,
    Verifier,
)

# Photos whose looks are held at a time: about 0.4 MB each. A representative is asked for again and
# again and so stays; of the others each is needed a few times at most.
_REMEMBERED = 256


class PhotoTrouble(Exception):
    """A photo that was read before cannot be read any more, with its reason code."""

    def __init__(self, photo: Photo, trouble: Undecodable) -> None:
        super().__init__(str(trouble))
        self.photo = photo
        self.code = trouble.code


class Views:
    """Looks at photos by reading them again, each at most once while it is remembered.

    `thumbnails` are those of the first decode by content digest, luma and perhaps chroma, packed;
    the others are made when asked for, in `colour` or not. `features` are packed, too. A `watch`
    is kept over the reading of each.
    """

    def __init__(
        self,
        max_pixels: int,
        thumbnails: Mapping[bytes, bytes],
        features: Mapping[bytes, bytes] | None = None,
        *,
        colour: bool = False,
        watch: Callable[[PhotoFile], AbstractContextManager[None]] = lambda _: nullcontext(),
    ) -> None:
        self._max_pixels = max_pixels
        self._watch = watch
        self._colour = colour
        self._thumbnails = thumbnails
        self._features = features or {}
        self._memory: OrderedDict[bytes, dict[str, Any]] = OrderedDict()

    def thumbnail(self, photo: Photo) -> Thumbnail:
        stored = self._thumbnails.get(photo.digest)
        return unpacked(stored)[0] if stored is not None else self._look(photo)[1]

    def chroma(self, photo: Photo) -> Chroma | None:
        stored = self._thumbnails.get(photo.digest)
        return unpacked(stored)[1] if stored is not None else self._look(photo)[2]

    def features(self, photo: Photo) -> Features | None:
        stored = self._features.get(photo.digest)
        if stored is None:
            return None
        return self.remember(photo, "features", lambda: features_of(stored))

    def grey(self, photo: Photo) -> GreyImage:
        return self._look(photo)[0]

    def closer(self, photo: Photo, side: int) -> GreyImage:
        try:
            return self._decoded(photo, side, colour=False).grey
        except Undecodable as trouble:
            raise PhotoTrouble(photo, trouble) from None

    def pixel_digest(self, photo: Photo) -> bytes:
        def compute() -> bytes:
            with self._watch(photo.file):
                kind, data = _read(photo)
                return full_pixel_digest(data, kind, self._max_pixels)

        return self.remember(photo, "pixel_digest", compute)

    def remember(self, photo: Photo, what: str, compute: Callable[[], T]) -> T:
        known = self._memory.setdefault(photo.digest, {})
        self._memory.move_to_end(photo.digest)
        if what not in known:
            try:
                known[what] = compute()
            except Undecodable as trouble:
                raise PhotoTrouble(photo, trouble) from None
            while len(self._memory) > _REMEMBERED:
                self._memory.popitem(last=False)
        found: T = known[what]
        return found

    def _look(self, photo: Photo) -> tuple[GreyImage, Thumbnail, Chroma | None]:
        def compute() -> tuple[GreyImage, Thumbnail, Chroma | None]:
            colour = self._colour and photo.digest not in self._thumbnails
            picture = self._decoded(photo, VIEW_SIDE, colour=colour)
            return shrunk(picture.grey, VIEW_SIDE), picture.thumbnail, picture.chroma

        return self.remember(photo, "look", compute)

    def _decoded(self, photo: Photo, side: int, *, colour: bool) -> Picture:
        with self._watch(photo.file):
            kind, data = _read(photo)
            return decode(data, kind, side, self._max_pixels, colour=colour).picture


def unpacked(stored: bytes) -> tuple[Thumbnail, Chroma | None]:
    """Luma and, if it was decoded, chroma of a stored thumbnail."""
    pixels = np.frombuffer(stored, np.uint8)
    luma, chroma = np.split(pixels, [THUMBNAIL_SIDE**2])
    square = luma.reshape(THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    return square, chroma.reshape(CHROMA_SIDE, CHROMA_SIDE, 2) if len(chroma) else None


def _read(photo: Photo) -> tuple[Any, bytes]:
    found = read(photo.file)
    if found is None:
        raise Undecodable("changed", "the file changed since it was found")
    return found


def verify(pair: CandidatePair, chain: Sequence[Verifier], looks: Looks) -> Verdict:
    """The first decision of the chain; the last one's UNDECIDED if nobody decides.

    Raises:
        PhotoTrouble: if one of the photos cannot be read any more.
    """
    verdict = Verdict(Answer.UNDECIDED, None, Evidence("none", distance=pair.distance))
    for verifier in chain:
        verdict = verifier.compare(pair, looks)
        if verdict.answer is not Answer.UNDECIDED:
            break
    return verdict
