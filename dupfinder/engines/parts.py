"""The deep part of a scan: what is known of pairs of photos makes families."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dupfinder.choose import keeper, rank
from dupfinder.engines.clusters import cluster_of
from dupfinder.engines.marked import Marked
from dupfinder.engines.photos import Library
from dupfinder.engines.solving import Judged
from dupfinder.engines.verified import Verified
from dupfinder.families import Family, gathered, indirect, settled
from dupfinder.families.links import Link
from dupfinder.model import Answer, CandidatePair, Orientation, Relation, Verdict
from dupfinder.verifiers.capture import may_not_meet
from dupfinder.verifiers.descent import descent
from dupfinder.verifiers.edits import edits, relation
from dupfinder.verifiers.transforms import is_mirrored

Verdicts = dict[tuple[int, int], Judged]


def linked(judged: Iterable[Judged], place: Mapping[str, int]) -> Iterator[Link]:
    """What accepted verdicts say of the positions of the two photos."""
    for pair, verdict in judged:
        if verdict.answer is not Answer.SAME:
            continue
        left, right = place[pair.left.path], place[pair.right.path]
        strength = verdict.evidence.inliers or 0
        made = None
        found = edits(pair.left, pair.right, verdict.evidence)
        if relation(pair.left, found) is Relation.PART:
            made = descent(pair.left, pair.right, verdict.evidence, found)
        if made is None:
            yield Link(left, right, strength)
        else:
            derived = left if made.left_is_derived else right
            yield Link(left, right, strength, derived, made.is_container, made.region)


class Relating:
    """Families of photos: first by what is known, then with everyone compared with the centre.

    `judged` holds the verdicts by the positions of both photos, the smaller first. Photos that are
    `marked` as no duplicates never meet.
    """

    def __init__(self, photos: Library, verified: Verified, marked: Marked) -> None:
        self._photos = photos
        self._place = photos.place
        self._stars = verified.stars
        self._marked = marked
        self.judged: Verdicts = verified.judged
        self.families: list[Family] = [
            Family(star.centre, dict.fromkeys(star.members, star.centre)) for star in self._stars
        ]

    def gather(self, proposed: Sequence[Judged]) -> None:
        """Join the stars by what the verdicts on proposed pairs say."""
        self.learn(proposed)
        self.families = gathered(
            {star.centre: star.members for star in self._stars},
            linked(proposed, self._place),
            rank=lambda position: rank(self._photos[position]),
            apart=self._may_not_meet,
        )

    def _may_not_meet(self, one: int, other: int) -> bool:
        left, right = self._photos[one], self._photos[other]
        return self._marked.apart(left, right) or may_not_meet(left, right)

    def unexplained(self) -> list[Judged]:
        """The verdicts that members stand on, as far as nobody has looked into them."""
        used = {
            (min(member, base), max(member, base))
            for family in self.families
            for member, base in family.bases.items()
        }
        found = [self.judged[pair] for pair in sorted(used)]
        return [each for each in found if _is_open(each[1])]

    def recentre(self) -> None:
        """Put families around their best photo, where that turned out to be another member."""
        for family in self.families:
            cluster = cluster_of(self._photos, family, self.judged)
            best = self._place[keeper(cluster).path]
            if family.bases.get(best) == family.centre:
                family.move_to(best)

    def wanted(self) -> list[CandidatePair]:
        """Those who are in a family by way of others: each with the centre."""
        return [
            self._pair(centre, member, family)
            for family in self.families
            for centre, member in indirect(family)
            if (min(centre, member), max(centre, member)) not in self.judged
        ]

    def settle(self, compared: Sequence[Judged]) -> None:
        """Take the direct comparisons in."""
        self.learn(compared)
        direct = {
            pair for pair, (_, verdict) in self.judged.items() if verdict.answer is Answer.SAME
        }
        self.families = settled(self.families, direct)

    def leave_out(self, skipped: Iterable[str]) -> None:
        """Take photos out, by path, that went bad after they had been compared."""
        gone = {self._place[path] for path in skipped if path in self._place}
        self.families = [each for each in self.families if each.lose(gone)]

    def learn(self, judged: Iterable[Judged]) -> None:
        """Take verdicts in, in place of what was known of their pairs."""
        for pair, verdict in judged:
            left, right = self._place[pair.left.path], self._place[pair.right.path]
            self.judged[min(left, right), max(left, right)] = pair, verdict

    def _pair(self, centre: int, member: int, family: Family) -> CandidatePair:
        """Mirrored if an odd number of the steps between the two mirrors."""
        flips, at = False, member
        while at != centre:
            base = family.bases[at]
            _, verdict = self.judged[min(at, base), max(at, base)]
            flips ^= is_mirrored(verdict.evidence.transform)
            at = base
        turn = Orientation.MIRRORED if flips else Orientation.UPRIGHT
        left, right = (self._photos[each] for each in sorted((centre, member)))
        return CandidatePair(left, right, "features", None, turn)


def _is_open(verdict: Verdict) -> bool:
    """Whether the pixels have more to tell of a copy than whether it is one."""
    evidence = verdict.evidence
    return evidence.transform is not None and evidence.written is None
