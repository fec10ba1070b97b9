"""Clusters and keep rules -> a `Plan`: which copies could go, which photo stays, and why.

Pure: nothing is read and nothing is touched. A keeper is never removed, one photo of each cluster
stays, and nothing is removed that was not compared directly with its keeper.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from dupfinder.keeprules import DEFAULT_RULES, GUESS, UNDAMAGED
from dupfinder.keeprules.compared import compared_with, twin
from dupfinder.keeprules.limits import Limits, limits, refuse_shared_files
from dupfinder.keeprules.standing import KeepRule, Standing, standings
from dupfinder.model import (
    Action,
    Cluster,
    Found,
    Match,
    Photo,
    Plan,
    Relation,
    Spared,
    Tie,
)

if TYPE_CHECKING:  # numpy stays out of `import dupfinder`
    from dupfinder.protocols import KeepKey

# The relations that a plan may act on unless it is told otherwise: the others are other pictures.
REMOVABLE: Final = frozenset({Relation.IDENTICAL, Relation.SAME_PIXELS, Relation.COPY})

# What decides before all rules, where the photo kept is protected.
PROTECT: Final = "protect"

# What becomes of a photo; one that is only named is kept.
_Fate: TypeAlias = Photo | Action | Tie | Spared


def rank(photo: Photo) -> tuple[KeepKey, ...]:
    """How much a photo is likely worth keeping before it was compared: the smaller, the more.

    What is only compared with comes first: it stays, so that the others had better know it.
    """
    # What looks like a frame is taken for one until a comparison tells.
    alone = Standing(photo, edited=frozenset({"framed"}))
    # A camera RAW is no copy of a picture: in the middle it would keep all of them.
    first = (photo.damage is not None, photo.file.reference is None, photo.is_raw)
    return (first, *(rule.key(alone) for rule in GUESS))


def ranked(cluster: Cluster, rules: Sequence[KeepRule] = DEFAULT_RULES) -> tuple[Photo, ...]:
    """All members, the best one first.

    What only holds the photo (a screenshot, a collage) or resembles it comes last.
    """
    standing = standings(cluster)

    def worth(photo: Photo) -> tuple[object, ...]:
        each = standing[photo.path]
        return each.aside, [rule.key(each) for rule in (UNDAMAGED, *rules)], photo.order

    return tuple(sorted(cluster.members, key=worth))


def keeper(cluster: Cluster, rules: Sequence[KeepRule] = DEFAULT_RULES) -> Photo:
    """The best photo by the rules; the representative where it is as good as any.

    One of which copies could go: a part or a doubtful copy has none. Only the representative was
    compared with everyone, so any other choice spares the rest.
    """
    return _Choice(cluster, rules, limits((cluster,), REMOVABLE, ())).keeper()


def plan(
    found: Found,
    rules: Sequence[KeepRule] = DEFAULT_RULES,
    only: Iterable[Relation] = REMOVABLE,
    protect: Iterable[str] = (),
) -> Plan:
    """Decides for every cluster which photo stays and which of its copies could go.

    A damaged file is never better than a whole one. Between others the first rule that tells two
    photos apart decides; where none does, both stay and are said to
    be a tie. Members that were not compared directly with the keeper are spared. But where two of
    those have the same contents, one of them stays for the other.

    Args:
        only: the relations to its keeper with which a photo may go. `PART` must be named, and then
            lets go what the keeper shows and more.
        protect: real paths. What lies below stays, and is what its copies go for: before all rules,
            unless a copy is better by them and not identical.

    Raises:
        UsageError: if `only` names `SIMILAR`, a path to protect is no real one, or a file stands in
            two clusters, as in a report that was edited by hand: then removing by one cluster could
            take what the other one keeps.
    """
    limit = limits(found.clusters, only, protect)
    refuse_shared_files(found.clusters)
    fates = [fate for cluster in found.clusters for fate in _Choice(cluster, rules, limit).fates()]
    return Plan(
        rules=tuple(rule.name for rule in rules),
        keepers=tuple(fate for fate in fates if isinstance(fate, Photo)),
        actions=tuple(fate for fate in fates if isinstance(fate, Action)),
        ties=tuple(fate for fate in fates if isinstance(fate, Tie)),
        spared=tuple(fate for fate in fates if isinstance(fate, Spared)),
    )


class _Choice:
    """The choice within one cluster."""

    def __init__(self, cluster: Cluster, rules: Sequence[KeepRule], limit: Limits) -> None:
        self._cluster = cluster
        self._rules = (UNDAMAGED, *rules)
        self._limit = limit
        self._standing = standings(cluster)

    def keeper(self) -> Photo:
        cluster = self._cluster
        copies = {
            photo.path: photo
            for match in cluster.matches
            if self._limit.may_go(match)
            for photo in (match.base, match.copy)
        }
        return self._best((cluster.representative, *copies.values()))

    def fates(self) -> Iterable[_Fate]:
        """What becomes of each member; a keeper comes before what could go for it."""
        kept = self.keeper()
        fates: dict[str, _Fate] = {kept.path: kept}
        fates |= self._beside(kept, self._cluster.members)
        left = [fate.photo for fate in fates.values() if isinstance(fate, Spared)]
        for twins in _twins(left, self._limit.only):
            best = self._best(twins)
            among = self._beside(best, twins)
            if not all(isinstance(fate, Spared) for fate in among.values()):
                fates |= {best.path: best} | among
        return fates.values()

    def _best(self, photos: Iterable[Photo]) -> Photo:
        def worth(photo: Photo) -> tuple[object, ...]:
            standing = self._standing[photo.path]
            return (
                standing.aside,
                self._limit.protector(photo) is None,
                [rule.key(standing) for rule in self._rules],
                photo.path != self._cluster.representative.path,
                photo.order,
            )

        return min(photos, key=worth)

    def _beside(self, kept: Photo, photos: Iterable[Photo]) -> dict[str, _Fate]:
        """What becomes of the others if `kept` stays, by their paths."""
        direct = compared_with(kept, self._cluster)
        others = sorted((each for each in photos if each.path != kept.path), key=_by_path)
        return {
            photo.path: self._fate(photo, kept, direct.get(photo.path) or twin(kept, photo))
            for photo in others
        }

    def _fate(self, photo: Photo, kept: Photo, match: Match | None) -> Action | Tie | Spared:
        lesser, better = self._standing[photo.path], self._standing[kept.path]
        why = self._limit.left_alone(lesser, better, match)
        if why is not None:
            return Spared(photo, kept, match, *why)
        assert match is not None  # else it would be left alone
        rule = next((each for each in self._rules if each.key(better) != each.key(lesser)), None)
        protector = self._limit.protector(kept)
        # Of identical photos none is better; whatever else a rule prefers would be lost.
        identical = match.relation is Relation.IDENTICAL and protector is not None
        if rule is not None and not identical and not rule.key(better) < rule.key(lesser):
            because = f"better by {rule.name}: {rule.because(lesser, better)}"
            return Spared(photo, kept, match, "better", because)
        if protector is not None:
            return Action("remove", photo, kept, match, PROTECT, f"{protector} is protected")
        if rule is None:
            return Tie(photo, kept, match)
        return Action("remove", photo, kept, match, rule.name, rule.because(better, lesser))


def _twins(photos: Iterable[Photo], only: frozenset[Relation]) -> Iterable[Sequence[Photo]]:
    """Photos by their contents, as far as it may matter."""
    pixels = Relation.SAME_PIXELS in only
    groups: dict[bytes, list[Photo]] = defaultdict(list)
    for photo in photos:
        groups[(pixels and photo.pixel_digest) or photo.digest].append(photo)
    return groups.values()


def _by_path(photo: Photo) -> str:
    return photo.path
