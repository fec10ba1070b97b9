"""Keep rules by what the files say: metadata, format, compression, times and sizes."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Final

from dupfinder.model import Photo

if TYPE_CHECKING:  # numpy stays out of `import dupfinder`
    from dupfinder.keeprules.standing import Standing
    from dupfinder.protocols import KeepKey

_SECONDS: Final = len("YYYY-MM-DD HH:MM:SS")


class Undamaged:
    """The photo whose decoder had nothing to complain of wins."""

    name = "undamaged"

    def key(self, standing: Standing) -> KeepKey:
        return (standing.photo.damage is not None,)

    def because(self, keeper: Standing, lesser: Standing) -> str:  # noqa: ARG002  # the seam
        return f"the file is damaged: {lesser.photo.damage}"


class CameraData:
    """The photo whose camera, capture time and exposure are known wins: copies lose them."""

    name = "camera-data"

    def key(self, standing: Standing) -> KeepKey:
        return (-len(_from_camera(standing.photo)),)

    def because(self, keeper: Standing, lesser: Standing) -> str:
        return _tells_more(_from_camera(keeper.photo), _from_camera(lesser.photo))


class MostMetadata:
    """The same; and of photos that know as much, the one of which people have said more.

    Be it in the photo or in a sidecar: a description, keywords, a place, a rating.
    """

    name = "most-metadata"

    def key(self, standing: Standing) -> KeepKey:
        photo = standing.photo
        return (-len(_from_camera(photo)), -len(photo.annotations), -len(photo.file.sidecars))

    def because(self, keeper: Standing, lesser: Standing) -> str:
        return _tells_more(_told(keeper.photo), _told(lesser.photo))


class OriginalFormat:
    """A file that was converted from the format of another one of the cluster loses to it."""

    name = "original-format"

    def key(self, standing: Standing) -> KeepKey:
        return (standing.converted_from is not None,)

    def because(self, keeper: Standing, lesser: Standing) -> str:
        return f"{keeper.photo.format}; the {lesser.photo.format} was made from {_source(lesser)}"


class LeastCompressed:
    """Lossless formats first, then JPEGs by their quantization tables, then other lossy formats.

    The table tells how coarsely a file was last written, not what it went through before. Lossy
    formats without a readable table (HEIC, AVIF, WebP) are compared by bytes per pixel, and only
    among themselves: nothing measures them against a JPEG, so they come after it. Differences of
    about 2 % count as none, in steps of a logarithmic scale, which keeps the order transitive.
    """

    name = "least-compressed"

    def key(self, standing: Standing) -> KeepKey:
        photo = standing.photo
        if photo.lossless:
            return (0, 0)
        if photo.quantization is not None:
            # No valid table has a step below 1.
            return (1, _two_percent_steps(max(photo.quantization, 1.0)))
        return (2, -_two_percent_steps(_bytes_per_pixel(photo)))

    def because(self, keeper: Standing, lesser: Standing) -> str:
        kept, lost = keeper.photo, lesser.photo
        if kept.lossless:
            return f"lossless {kept.format} against lossy {lost.format}"
        if kept.quantization is None:
            ours, theirs = _bytes_per_pixel(kept), _bytes_per_pixel(lost)
            return f"{ours:.3g} against {theirs:.3g} bytes per pixel"
        if lost.quantization is None:
            return f"JPEG of known quality against {lost.format}, whose quality cannot be read"
        return f"JPEG quantization step {kept.quantization:.2f} against {lost.quantization:.2f}"


class Oldest:
    """The earlier capture time wins; a photo with one wins over a photo without.

    Only where neither has one do the files' modification times decide. All times count in whole
    seconds: programs and file systems drop the rest, which must not make a copy the older one.
    """

    name = "oldest"

    def key(self, standing: Standing) -> KeepKey:
        photo = standing.photo
        if photo.taken_at is not None:
            return (0, photo.taken_at[:_SECONDS])
        return (1, photo.file.stamp.mtime_ns // 10**9)

    def because(self, keeper: Standing, lesser: Standing) -> str:
        return _times(keeper.photo, lesser.photo)


class Newest:
    """The later capture time wins; in all else as `Oldest`: no time is no late time."""

    name = "newest"

    def key(self, standing: Standing) -> KeepKey:
        photo = standing.photo
        if photo.taken_at is not None:
            # Text cannot be negated, its letters can; they are always as many.
            taken = photo.taken_at[:_SECONDS].ljust(_SECONDS)
            return (0, *(-ord(letter) for letter in taken))
        return (1, -(photo.file.stamp.mtime_ns // 10**9))

    def because(self, keeper: Standing, lesser: Standing) -> str:
        return _times(keeper.photo, lesser.photo)


class Largest:
    """The file with more bytes wins."""

    name = "largest"

    def key(self, standing: Standing) -> KeepKey:
        return (-standing.photo.size,)

    def because(self, keeper: Standing, lesser: Standing) -> str:
        return f"{keeper.photo.size:,} against {lesser.photo.size:,} bytes"


class Smallest:
    """The file with fewer bytes wins."""

    name = "smallest"

    def key(self, standing: Standing) -> KeepKey:
        return (standing.photo.size,)

    def because(self, keeper: Standing, lesser: Standing) -> str:
        return f"{keeper.photo.size:,} against {lesser.photo.size:,} bytes"


def _from_camera(photo: Photo) -> list[str]:
    values = {
        "camera": photo.camera,
        "capture time": photo.taken_at,
        "exposure": photo.exposure,
    }
    return [name for name, value in values.items() if value is not None]


def _told(photo: Photo) -> list[str]:
    sidecars = [f"what its {kind} sidecar says" for kind in sorted(photo.file.sidecars)]
    return [*_from_camera(photo), *photo.annotations, *sidecars]


def _tells_more(ours: list[str], theirs: list[str]) -> str:
    more = [each for each in ours if each not in theirs]
    return f"tells {' and '.join(more)}; the copy does not"


def _source(standing: Standing) -> str:
    assert standing.converted_from is not None
    return "a " + standing.converted_from


def _two_percent_steps(amount: float) -> int:
    return round(log(amount) / log(1.02))


def _bytes_per_pixel(photo: Photo) -> float:
    return photo.size / (photo.width * photo.height)


def _times(kept: Photo, lost: Photo) -> str:
    if kept.taken_at is None:
        return f"file written {_written(kept)}; the copy's {_written(lost)}"
    if lost.taken_at is None:
        return f"taken {kept.taken_at}; the copy has no capture time"
    return f"taken {kept.taken_at[:_SECONDS]} against {lost.taken_at[:_SECONDS]}"


def _written(photo: Photo) -> str:
    modified = photo.file.stamp.modified
    return f"{modified} UTC" if modified is not None else "at a time beyond the calendar"
