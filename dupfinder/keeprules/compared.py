"""Which photos of a cluster were compared directly with one that would stay."""

from __future__ import annotations

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
