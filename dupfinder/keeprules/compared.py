"""Which photos of a cluster were compared directly with one that would stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from dupfinder.model import Cluster, Evidence, Match, Photo, Relation


def compared_with(kept: Photo, cluster: Cluster) -> dict[str, Match]:
    """The comparisons of the cluster that `kept` took part in, by the path of the other photo."""
    direct: dict[str, Match] = {}
    for match in cluster.matches:
        if match.base.path == kept.path:
            direct[match.copy.path] = match
        elif match.copy.path == kept.path:
            direct[match.base.path] = match
    return direct


def twin(kept: Photo, photo: Photo) -> Match | None:
    """The comparison of two photos by the digests of their contents, if they are equal.

    Members of a cluster are compared with its representative, and only by way of it with each
    other; but of equal contents nothing more can be learnt.
    """
    if kept.digest == photo.digest:
        return Match(kept, photo, Relation.IDENTICAL, (), Evidence("bytes"))
    if kept.pixel_digest is not None and kept.pixel_digest == photo.pixel_digest:
        return Match(kept, photo, Relation.SAME_PIXELS, (), Evidence("pixels"))
    return None


class Comparisons:
    """All comparisons within a cluster, found without looking through it again and again."""

    def __init__(self, cluster: Cluster) -> None:
        self._direct: dict[str, dict[str, Match]] = defaultdict(dict)
        for match in cluster.matches:
            self._direct[match.base.path][match.copy.path] = match
            self._direct[match.copy.path][match.base.path] = match
        self._photos = {photo.path: photo for photo in cluster.members}
        self._equal: dict[bytes, list[Photo]] = defaultdict(list)
        for photo in cluster.members:
            for digest in filter(None, {photo.digest, photo.pixel_digest}):
                self._equal[digest].append(photo)

    def between(self, kept: Photo, photo: Photo) -> Match | None:
        """How the two were compared, be it by their contents; None if they were not."""
        return self._direct[kept.path].get(photo.path) or twin(kept, photo)

    def of(self, photo: Photo, most: int) -> Iterator[tuple[Photo, Match]]:
        """All that the photo was compared with; of those of equal contents the first `most`."""
        direct = self._direct[photo.path]
        for path, match in direct.items():
            yield self._photos[path], match
        seen = {photo.path, *direct}
        for digest in filter(None, (photo.digest, photo.pixel_digest)):
            for other in self._equal[digest][: most + 1]:
                equal = twin(other, photo)
                if other.path not in seen and equal is not None:
                    seen.add(other.path)
                    yield other, equal
