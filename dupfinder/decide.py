"""Clusters and what a person decided about their photos -> a `Plan`.

Pure: nothing is read and nothing is touched. A person may say what no rule can see, and may not
take the last copy: whatever goes was compared directly with a photo of its cluster that stays, and
what is protected, only compared with, or holds more than was looked at stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

from dupfinder.keeprules.compared import Comparisons
from dupfinder.keeprules.limits import Limits, limits, refuse_shared_files
from dupfinder.model import (
    Action,
    Cluster,
    Decided,
    Decision,
    DecisionKind,
    Found,
    Photo,
    Plan,
    Relation,
    Spared,
)

# Whoever decides about one photo has named it: only other shots are no copies in any way.
PERMITTED: Final = frozenset(Relation) - {Relation.SIMILAR}
# What stands in a plan where the name of a keep rule would.
RULE: Final = "decision"

_BECAUSE: Final = "chosen by you"
_SPARED: Final = {
    DecisionKind.KEEP: ("kept", "you chose to keep it"),
    DecisionKind.NOT_DUPLICATE: ("not-duplicate", "you said that it is no duplicate"),
    DecisionKind.LATER: ("later", "you left it for later"),
}
_UNDECIDED: Final = ("undecided", "nothing was decided about it")
_LAST: Final = ("last", "no photo of its cluster would stay")

_Choices = Mapping[str, DecisionKind]


def decide(
    found: Found,
    decisions: Iterable[Decision],
    only: Iterable[Relation] = PERMITTED,
    protect: Iterable[str] = (),
) -> Decided:
    """Plans what was decided, and of the rest nothing.

    Every member of a cluster about which anything was decided stands in the plan: it goes, is a
    keeper, or is spared with the reason. Of several decisions about one photo the last one counts.

    Args:
        only: the relations to its keeper with which a photo may go.
        protect: real paths; what lies below stays.

    Raises:
        UsageError: if `only` names `SIMILAR`, a path to protect is no real one, or a file stands in
            two clusters.
    """
    limit = limits(found.clusters, only, protect)
    refuse_shared_files(found.clusters)
    choices, stale = _sorted(decisions, found)
    fates = [
        fate
        for cluster in found.clusters
        if cluster.id in choices
        for fate in _fates(cluster, choices[cluster.id], limit)
    ]
    plan = Plan(
        rules=(RULE,),
        keepers=tuple(fate for fate in fates if isinstance(fate, Photo)),
        actions=tuple(fate for fate in fates if isinstance(fate, Action)),
        ties=(),
        spared=tuple(fate for fate in fates if isinstance(fate, Spared)),
    )
    return Decided(plan, tuple(stale))


# Of many files of equal contents so many are named as what another one may go for.
_TWINS: Final = 50


@dataclass(frozen=True, slots=True)
class Freedom:
    """For which photos of its cluster a photo may go; why it may not, if there is none.

    All that it was compared with directly, and of those of equal contents the first 50. `copies`
    are those of which it is a copy without a doubt.
    """

    keepers: tuple[Photo, ...]
    copies: tuple[Photo, ...]
    stays: str


def freedoms(
    found: Found, only: Iterable[Relation] = PERMITTED, protect: Iterable[str] = ()
) -> dict[str, Freedom]:
    """What a person may decide about each member of a cluster, by path: `decide` goes by the same.

    Raises:
        UsageError: as `decide`.
    """
    limit = limits(found.clusters, only, protect)
    return {
        path: freedom for cluster in found.clusters for path, freedom in _freedoms(cluster, limit)
    }


def _freedoms(cluster: Cluster, limit: Limits) -> Iterator[tuple[str, Freedom]]:
    comparisons = Comparisons(cluster)
    for photo in cluster.members:
        keepers: list[Photo] = []
        copies: list[Photo] = []
        why = _LAST[1]
        for kept, match in comparisons.of(photo, _TWINS):
            guard = limit.guarded(photo, kept, match)
            if guard is not None:
                why = guard[1]
                continue
            keepers.append(kept)
            if match.relation is not Relation.PART and not match.doubtful:
                copies.append(kept)
        yield photo.path, Freedom(tuple(keepers), tuple(copies), "" if keepers else why)


def apart(found: Found, decisions: Iterable[Decision]) -> tuple[tuple[Photo, Photo], ...]:
    """The pairs of photos that decisions say are no duplicates of each other.

    What is no duplicate is none of any other photo of its cluster, but for those of which that was
    said, too: of each other nothing was said, unless it was said of all of them. Photos of the same
    bytes are never apart.
    """
    choices, _ = _sorted(decisions, found)
    pairs: list[tuple[Photo, Photo]] = []
    for cluster in found.clusters:
        said = choices.get(cluster.id, {})
        alone, others = list[Photo](), list[Photo]()
        for photo in cluster.members:
            is_none = said.get(photo.path) is DecisionKind.NOT_DUPLICATE
            (alone if is_none else others).append(photo)
        pairs += product(alone, others) if others else combinations(alone, 2)
    return tuple((one, other) for one, other in pairs if one.digest != other.digest)


def _sorted(
    decisions: Iterable[Decision], found: Found
) -> tuple[dict[str, dict[str, DecisionKind]], list[Decision]]:
    """By cluster and path, and those that say nothing of what was found."""
    clusters = {cluster.id: cluster for cluster in found.clusters}
    choices: dict[str, dict[str, DecisionKind]] = {}
    stale: list[Decision] = []
    for decision in decisions:
        cluster = clusters.get(decision.cluster)
        if cluster is None or not _is_of(decision, cluster):
            stale.append(decision)
        else:
            choices.setdefault(cluster.id, {})[decision.path] = decision.kind
    return choices, stale


def _is_of(decision: Decision, cluster: Cluster) -> bool:
    return any(
        (photo.path, photo.digest) == (decision.path, decision.digest) for photo in cluster.members
    )


def _fates(cluster: Cluster, choices: _Choices, limit: Limits) -> list[Photo | Action | Spared]:
    """What becomes of each member; the keepers come first."""
    staying = _staying(cluster, choices)
    comparisons = Comparisons(cluster)
    gone = {
        photo.path: _removal(photo, staying, comparisons, limit)
        for photo in cluster.members
        if choices.get(photo.path) is DecisionKind.REMOVE
    }
    keepers = {fate.keeper.path: fate.keeper for fate in gone.values() if isinstance(fate, Action)}
    kept = next(iter(keepers.values()), (*staying, cluster.representative)[0])
    keepers.setdefault(kept.path, kept)
    fates: list[Photo | Action | Spared] = list(keepers.values())
    for photo in sorted(cluster.members, key=lambda each: each.path):
        fate = gone.get(photo.path)
        if isinstance(fate, Action):
            fates.append(fate)
        elif photo.path not in keepers:
            kind = choices.get(photo.path)
            why = (
                fate if fate is not None else _SPARED.get(kind, _UNDECIDED) if kind else _UNDECIDED
            )
            fates.append(Spared(photo, kept, comparisons.between(kept, photo), *why))
    return fates


def _staying(cluster: Cluster, choices: _Choices) -> tuple[Photo, ...]:
    """Who may be a keeper: first those that were chosen, then the representative, then the rest.

    Of what is no duplicate nothing is a copy.
    """
    never = (DecisionKind.REMOVE, DecisionKind.NOT_DUPLICATE)
    staying = [photo for photo in cluster.members if choices.get(photo.path) not in never]

    def worth(photo: Photo) -> tuple[object, ...]:
        is_chosen = choices.get(photo.path) is DecisionKind.KEEP
        is_first = photo.path == cluster.representative.path
        return not is_chosen, not is_first, photo.order

    return tuple(sorted(staying, key=worth))


def _removal(
    photo: Photo, staying: Iterable[Photo], comparisons: Comparisons, limit: Limits
) -> Action | tuple[str, str]:
    """For the first photo for which it may go; else why it may not for the first one compared."""
    why = _LAST
    for kept in staying:
        match = comparisons.between(kept, photo)
        guard = limit.guarded(photo, kept, match)
        if guard is None:
            assert match is not None  # else it would be guarded
            return Action("remove", photo, kept, match, RULE, _BECAUSE)
        if why is _LAST or why[0] == "not-compared":
            why = guard
    return why
