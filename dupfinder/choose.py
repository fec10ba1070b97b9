"""Clusters and keep rules -> a `Plan`: which copies could go, which photo stays, and why.

Pure: nothing is read and nothing is touched. A keeper is never removed, one photo of each cluster
stays, and nothing is removed that was not compared directly with its keeper.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log
from typing import TYPE_CHECKING, Final

from dupfinder.errors import UsageError
from dupfinder.model import Action, Cluster, Found, Match, Photo, Plan, Relation, Spared, Tie

if TYPE_CHECKING:  # numpy stays out of `import dupfinder`
    from dupfinder.protocols import KeepKey, KeepRule

# The relations that a plan may act on; `part` and `similar` are other pictures.
REMOVABLE: Final = frozenset({Relation.IDENTICAL, Relation.SAME_PIXELS, Relation.COPY})

_SECONDS: Final = len("YYYY-MM-DD HH:MM:SS")


class MostPixels:
    """The larger picture wins; a frame around it does not count."""

    name = "most-pixels"

    def key(self, photo: Photo) -> KeepKey:
        return (-photo.pixels,)

    def because(self, keeper: Photo, photo: Photo) -> str:
        return f"{_sides(keeper)} against {_sides(photo)} pixels"


class LeastCompressed:
    """Lossless formats first, then JPEGs by their quantization tables, then other lossy formats.

    The table tells how coarsely a file was last written, not what it went through before: a bad
    JPEG saved again as PNG or at a higher setting wins over the bad JPEG. Lossy formats without a
    readable table (HEIC, AVIF, WebP) are compared by bytes per pixel, and only among themselves:
    nothing measures them against a JPEG, so they come after it. Differences of about 2 % count as
    none, in steps of a logarithmic scale, which keeps the order transitive.
    """

    name = "least-compressed"

    def key(self, photo: Photo) -> KeepKey:
        if photo.lossless:
            return (0, 0)
        if photo.quantization is not None:
            # No valid table has a step below 1.
            return (1, _two_percent_steps(max(photo.quantization, 1.0)))
        return (2, -_two_percent_steps(_bytes_per_pixel(photo)))

    def because(self, keeper: Photo, photo: Photo) -> str:
        if keeper.lossless:
            return f"lossless {keeper.format} against lossy {photo.format}"
        if keeper.quantization is None:
            kept, lost = _bytes_per_pixel(keeper), _bytes_per_pixel(photo)
            return f"{kept:.3g} against {lost:.3g} bytes per pixel"
        if photo.quantization is None:
            return f"JPEG of known quality against {photo.format}, whose quality cannot be read"
        return f"JPEG quantization step {keeper.quantization:.2f} against {photo.quantization:.2f}"


class Oldest:
    """The earlier capture time wins; a photo with one wins over a photo without.

    Only where neither has one do the files' modification times decide. All times count in whole
    seconds: programs and file systems drop the rest, which must not make a copy the older one.
    """

    name = "oldest"

    def key(self, photo: Photo) -> KeepKey:
        if photo.taken_at is not None:
            return (0, photo.taken_at[:_SECONDS])
        return (1, photo.file.stamp.mtime_ns // 10**9)

    def because(self, keeper: Photo, photo: Photo) -> str:
        if keeper.taken_at is None:
            return f"file written {_written(keeper)}; the copy's {_written(photo)}"
        if photo.taken_at is None:
            return f"taken {keeper.taken_at}; the copy has no capture time"
        return f"taken {keeper.taken_at[:_SECONDS]} against {photo.taken_at[:_SECONDS]}"


class ShortestPath:
    """The path with fewer characters wins: copies tend to lie deeper and to be called "(1)"."""

    name = "shortest-path"

    def key(self, photo: Photo) -> KeepKey:
        return (len(photo.path),)

    def because(self, keeper: Photo, photo: Photo) -> str:
        return f"path of {len(keeper.path)} characters against {len(photo.path)}"


DEFAULT_RULES: Final[tuple[KeepRule, ...]] = (
    MostPixels(),
    LeastCompressed(),
    Oldest(),
    ShortestPath(),
)


def rank(photo: Photo, rules: Sequence[KeepRule] = DEFAULT_RULES) -> tuple[KeepKey, ...]:
    """What photos are compared by: the smaller is the one to keep.

    A cluster whose representative has the smallest rank can be planned whole, since everyone was
    compared with its keeper.
    """
    return tuple(rule.key(photo) for rule in rules)


def plan(found: Found, rules: Sequence[KeepRule] = DEFAULT_RULES) -> Plan:
    """Decides for every cluster which photo stays and which of its copies could go.

    The first rule that tells two photos apart decides; where none does, both stay and are said to
    be a tie. Members that were not compared directly with the keeper are spared.

    Raises:
        UsageError: if a file stands in two clusters, as in a report that was edited by hand: then
            removing by one cluster could take what the other one keeps.
    """
    _refuse_shared_files(found.clusters)
    keepers: list[Photo] = []
    actions: list[Action] = []
    ties: list[Tie] = []
    spared: list[Spared] = []
    for cluster in found.clusters:
        keeper = _keeper(cluster, rules)
        keepers.append(keeper)
        verified = _matches_of(keeper, cluster)
        for photo in sorted(cluster.members, key=lambda member: member.path):
            if photo.path == keeper.path:
                continue
            match _decide(photo, keeper, verified.get(photo.path), rules):
                case Action() as action:
                    actions.append(action)
                case Tie() as tie:
                    ties.append(tie)
                case Spared() as left_alone:
                    spared.append(left_alone)
    names = tuple(rule.name for rule in rules)
    return Plan(names, tuple(keepers), tuple(actions), tuple(ties), tuple(spared))


def _keeper(cluster: Cluster, rules: Sequence[KeepRule]) -> Photo:
    """The best photo by the rules; the representative where it is as good as any.

    Only the representative was compared with everyone, so any other choice spares the rest.
    """
    copies = {
        photo.path: photo
        for match in cluster.matches
        if match.relation in REMOVABLE
        for photo in (match.base, match.copy)
    }
    representative = cluster.representative
    return min(
        (representative, *copies.values()),
        key=lambda photo: (rank(photo, rules), photo.path != representative.path, photo.order),
    )


def _matches_of(keeper: Photo, cluster: Cluster) -> dict[str, Match]:
    """The direct comparisons with `keeper`, by the path of the other photo."""
    direct: dict[str, Match] = {}
    for match in cluster.matches:
        if match.base.path == keeper.path:
            direct[match.copy.path] = match
        elif match.copy.path == keeper.path:
            direct[match.base.path] = match
    return direct


def _decide(
    photo: Photo, keeper: Photo, match: Match | None, rules: Sequence[KeepRule]
) -> Action | Tie | Spared:
    if match is None or match.relation not in REMOVABLE:
        return Spared(photo, keeper, match)
    for rule in rules:
        if rule.key(keeper) < rule.key(photo):
            because = rule.because(keeper, photo)
            return Action("remove", photo, keeper, match, rule.name, because)
    return Tie(photo, keeper, match)


def _refuse_shared_files(clusters: Iterable[Cluster]) -> None:
    seen: set[str] = set()
    for cluster in clusters:
        for photo in cluster.members:
            for name in (photo.path, *photo.file.links):
                if name in seen:
                    raise UsageError(
                        f"{name!r} stands in two clusters or twice in one",
                        hint="scan again: a report that was changed by hand cannot be acted on",
                    )
                seen.add(name)


def _two_percent_steps(amount: float) -> int:
    return round(log(amount) / log(1.02))


def _bytes_per_pixel(photo: Photo) -> float:
    return photo.size / (photo.width * photo.height)


def _sides(photo: Photo) -> str:
    width, height = photo.inner
    framed = " (frame left out)" if photo.inner != (photo.width, photo.height) else ""
    return f"{width}x{height}{framed}"


def _written(photo: Photo) -> str:
    modified = photo.file.stamp.modified
    return f"{modified} UTC" if modified is not None else "at a time beyond the calendar"
