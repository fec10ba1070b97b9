"""Clusters and keep rules -> a `Plan`: which copies could go, which photo stays, and why.

Pure: nothing is read and nothing is touched. A keeper is never removed, one photo of each cluster
stays, and nothing is removed that was not compared directly with its keeper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from dupfinder.errors import UsageError
from dupfinder.keeprules import DEFAULT_RULES, GUESS
from dupfinder.keeprules.standing import KeepRule, Standing, standings
from dupfinder.model import Action, Cluster, Found, Match, Photo, Plan, Relation, Spared, Tie

if TYPE_CHECKING:  # numpy stays out of `import dupfinder`
    from dupfinder.protocols import KeepKey

# The relations that a plan may act on; `part` and `similar` are other pictures.
REMOVABLE: Final = frozenset({Relation.IDENTICAL, Relation.SAME_PIXELS, Relation.COPY})


def rank(photo: Photo) -> tuple[KeepKey, ...]:
    """How much a photo is likely worth keeping before it was compared: the smaller, the more."""
    # What looks like a frame is taken for one until a comparison tells.
    framed = photo.inner != (photo.width, photo.height)
    alone = Standing(photo, edited=frozenset({"framed"} if framed else ()))
    return tuple(rule.key(alone) for rule in GUESS)


def ranked(cluster: Cluster, rules: Sequence[KeepRule] = DEFAULT_RULES) -> tuple[Photo, ...]:
    """All members, the best one first.

    What only holds the photo (a screenshot, a collage) or resembles it comes last.
    """
    standing = standings(cluster)
    return tuple(sorted(cluster.members, key=lambda photo: _worth(standing[photo.path], rules)))


def keeper(cluster: Cluster, rules: Sequence[KeepRule] = DEFAULT_RULES) -> Photo:
    """The best photo by the rules; the representative where it is as good as any.

    One of which copies could go: a part or a doubtful copy has none. Only the representative was
    compared with everyone, so any other choice spares the rest.
    """
    return _keeper(cluster, standings(cluster), rules)


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
        standing = standings(cluster)
        kept = _keeper(cluster, standing, rules)
        keepers.append(kept)
        verified = _matches_of(kept, cluster)
        for photo in sorted(cluster.members, key=lambda member: member.path):
            if photo.path == kept.path:
                continue
            pair = standing[photo.path], standing[kept.path]
            match _decide(*pair, verified.get(photo.path), rules):
                case Action() as action:
                    actions.append(action)
                case Tie() as tie:
                    ties.append(tie)
                case Spared() as left_alone:
                    spared.append(left_alone)
    names = tuple(rule.name for rule in rules)
    return Plan(names, tuple(keepers), tuple(actions), tuple(ties), tuple(spared))


def may_go(match: Match) -> bool:
    """Whether a plan may act on the pair: they are surely one photo, and neither is a part."""
    return match.relation in REMOVABLE and not match.doubtful


def _keeper(cluster: Cluster, standing: Mapping[str, Standing], rules: Sequence[KeepRule]) -> Photo:
    copies = {
        photo.path: photo
        for match in cluster.matches
        if may_go(match)
        for photo in (match.base, match.copy)
    }
    representative = cluster.representative
    return min(
        (representative, *copies.values()),
        key=lambda photo: (
            _worth(standing[photo.path], rules)[:-1],
            photo.path != representative.path,
            photo.order,
        ),
    )


def _worth(standing: Standing, rules: Sequence[KeepRule]) -> tuple[object, ...]:
    """What photos of one cluster are sorted by."""
    keys = tuple(rule.key(standing) for rule in rules)
    return standing.aside, keys, standing.photo.order


def _matches_of(kept: Photo, cluster: Cluster) -> dict[str, Match]:
    """The direct comparisons with `kept`, by the path of the other photo."""
    direct: dict[str, Match] = {}
    for match in cluster.matches:
        if match.base.path == kept.path:
            direct[match.copy.path] = match
        elif match.copy.path == kept.path:
            direct[match.base.path] = match
    return direct


def _decide(
    lesser: Standing, kept: Standing, match: Match | None, rules: Sequence[KeepRule]
) -> Action | Tie | Spared:
    if match is None or not may_go(match) or lesser.aside != kept.aside:
        return Spared(lesser.photo, kept.photo, match)
    for rule in rules:
        if rule.key(kept) < rule.key(lesser):
            because = rule.because(kept, lesser)
            return Action("remove", lesser.photo, kept.photo, match, rule.name, because)
    return Tie(lesser.photo, kept.photo, match)


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
