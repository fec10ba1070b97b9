"""Stars and the verified links between them -> families: copies of one photo, and parts of it.

Pure: the same stars and links give the same families in any order. Copies gather around the photo
that is most worth keeping. What was made from a photo and is no copy of it (a crop, a screenshot, a
collage) hangs on that photo alone, with its own copies, and never brings two photos together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from dupfinder.families.links import Link, turned_round

# How far a member may be from the centre: itself verified, or by one that is.
_FARTHEST = 2

# Whether the photos at two positions are known to be two shots, and may not meet in a family.
Apart = Callable[[int, int], bool]

# Of each centre the members that were verified directly against it.
Stars = Mapping[int, Sequence[int]]

# The smaller, the more a photo is worth keeping.
Rank = Callable[[int], tuple[object, ...]]


@dataclass(slots=True)
class Family:
    """Positions around a centre; `bases` says of each other member by whom it was verified."""

    centre: int
    bases: dict[int, int] = field(default_factory=dict)

    @property
    def members(self) -> tuple[int, ...]:
        """All positions, the centre first, then in ascending order."""
        return (self.centre, *sorted(self.bases))

    def move_to(self, member: int) -> None:
        """Make a member the centre, which was verified against the present one."""
        del self.bases[member]
        self.bases[self.centre] = member
        self.centre = member

    def lose(self, gone: Set[int]) -> bool:
        """Leave positions out, with who stands on them alone; False if no family is left."""
        if self.centre in gone:
            return False
        lost = set[int]().union(*(_who_depends(each, self) for each in gone))
        self.bases = {m: b for m, b in self.bases.items() if m not in lost}
        return bool(self.bases)

    def steps(self, member: int) -> int:
        """How many verifications lie between a member and the centre."""
        count = 0
        while member != self.centre:
            member, count = self.bases[member], count + 1
        return count


def gathered(stars: Stars, links: Iterable[Link], rank: Rank, apart: Apart) -> list[Family]:
    """Join stars by links; families come in the order of their centres' rank.

    Args:
        stars: of each centre its members, disjoint; a photo that is linked and in none is one of
            its own.
        links: between the centres of stars and single photos, each pair once.
    """
    return _Gathering(stars, list(links), rank, apart).families()


def indirect(family: Family) -> Iterator[tuple[int, int]]:
    """Pairs (centre, member) that are known to be the same only by way of others."""
    for member in family.members[1:]:
        if family.bases[member] != family.centre:
            yield family.centre, member


def settled(families: Iterable[Family], direct: Container[tuple[int, int]]) -> list[Family]:
    """Families in which everyone is as near to the centre as can be.

    Args:
        direct: pairs of positions, the smaller first, that were found the same.

    Where members remain too far away, the last who is near enough leaves with all who depend on
    him, as a family of their own: so nobody loses the photo he was verified against.
    """
    done: list[Family] = []
    for family in families:
        for centre, member in list(indirect(family)):
            if (min(centre, member), max(centre, member)) in direct:
                family.bases[member] = centre
        done += _split(family)
    return done


def _split(family: Family) -> list[Family]:
    """The family, cut so that nobody is too far away from his centre."""
    steps = {member: family.steps(member) for member in family.bases}
    leaving = {family.bases[member] for member in steps if steps[member] == _FARTHEST + 1}
    if not leaving:
        return [family]
    gone: set[int] = set()
    found: list[Family] = []
    for root in sorted(leaving):
        with_it = _who_depends(root, family)
        gone |= with_it
        found += _split(Family(root, {m: family.bases[m] for m in with_it - {root}}))
    near = Family(family.centre, {m: b for m, b in family.bases.items() if m not in gone})
    return [near, *found]


def _who_depends(root: int, family: Family) -> set[int]:
    """A member with all who stand on him, directly or by way of others."""
    found = {root}
    while further := {m for m, b in family.bases.items() if b in found and m not in found}:
        found |= further
    return found


class _Gathering:
    def __init__(self, stars: Stars, links: Sequence[Link], rank: Rank, apart: Apart) -> None:
        self._apart = apart
        self._members = stars
        self._links: dict[int, list[Link]] = defaultdict(list)
        for link in turned_round(links):
            self._links[link.left].append(link)
            self._links[link.right].append(link)
        everyone = {*self._members, *self._links}
        self._order = sorted(everyone, key=lambda each: (rank(each), each))
        self._place = {position: at for at, position in enumerate(self._order)}
        self._home: dict[int, Family] = {}  # by centre or single photo
        self._crops: set[int] = set()  # centres that show nothing but what their parent shows

    def families(self) -> list[Family]:
        for centre in self._order:
            if centre not in self._home:
                self._gather_copies(centre)
        for centre, link in self._parents():
            self._hang(centre, link)
        for centre, link in self._left_over():
            self._hang(centre, link)
        unique = {id(family): family for family in self._home.values()}
        found = [family for family in unique.values() if family.bases]
        return sorted(found, key=lambda family: self._place[family.centre])

    def _gather_copies(self, centre: int) -> None:
        """Copies of the centre, then copies of these."""
        family = Family(centre)
        self._take(family, centre, centre)
        nearest = self._copies_of(centre)
        for via in nearest:
            if via not in self._home:
                self._join(family, via, centre)
        for via in nearest:
            if self._home.get(via) is family:
                for other in self._copies_of(via):
                    if other not in self._home:
                        self._join(family, other, via)

    def _copies_of(self, centre: int) -> list[int]:
        found = [
            link.other(centre)
            for link in self._links.get(centre, ())
            if link.derived is None and link.other(centre) not in self._home
        ]
        return sorted(found, key=self._place.__getitem__)

    def _join(self, family: Family, centre: int, base: int) -> None:
        if not self._conflicts(family, (centre, *self._members.get(centre, ()))):
            self._take(family, centre, base)

    def _take(self, family: Family, centre: int, base: int) -> None:
        if centre != family.centre:
            family.bases[centre] = base
        family.bases.update(dict.fromkeys(self._members.get(centre, ()), centre))
        self._home[centre] = family

    def _conflicts(self, family: Family, newcomers: Iterable[int]) -> bool:
        return any(
            self._apart(member, newcomer) for newcomer in newcomers for member in family.members
        )

    def _parents(self) -> list[tuple[int, Link]]:
        """For each centre of a family that was made from another photo, the link to that one.

        A crop lies wholly in its photo and in larger crops of it: the best of them is the photo. A
        collage has several: that of which it shows most, and of that one the best copy or crop.
        """
        chosen = []
        for centre in self._order:
            family = self._home[centre]
            if family.centre == centre:
                found = self._parent(centre) or self._parent_of_another(family)
                chosen += [found] if found is not None else []
        return chosen

    def _parent(self, position: int) -> tuple[int, Link] | None:
        made = [
            link
            for link in self._links.get(position, ())
            if link.derived == position
            and not self._is_made_from(link.other(position), self._home[position])
        ]
        crops = [link for link in made if not link.container]
        strongest = max((link.strength for link in made), default=0)
        strong = [link for link in made if 2 * link.strength >= strongest]
        among = sorted(crops or strong, key=lambda link: self._place[link.other(position)])
        return (position, among[0]) if among else None

    def _is_made_from(self, position: int, family: Family) -> bool:
        """A screenshot shows a thumbnail finer than it is, and was yet made from its photo."""
        return any(
            link.derived == position and self._home[link.other(position)] is family
            for link in self._links[position]
        )

    def _parent_of_another(self, family: Family) -> tuple[int, Link] | None:
        """Where a copy of the centre has a parent and it has none: the family is put around it.

        Not where the family is the larger one: then the parent is rather a copy with a border.
        """
        leaders = [each for each in family.bases if each in self._place]
        for member in sorted(leaders, key=self._place.__getitem__):
            found = self._parent(member)
            if family.bases[member] != family.centre or found is None or found[1].container:
                continue
            home = self._home[found[1].other(member)]
            if home is not family and len(family.bases) <= len(home.bases):
                family.move_to(member)
                return found
        return None

    def _left_over(self) -> list[tuple[int, Link]]:
        """What holds crops that turned out to be of another photo was itself made from that one."""
        chosen = []
        for centre in self._order:
            family = self._home[centre]
            if family.centre != centre or set(family.bases) != set(self._members.get(centre, ())):
                continue
            holds = [
                replace(link, derived=centre, container=True)
                for link in self._links.get(centre, ())
                if link.derived not in (None, centre)
                and not link.container
                and self._home[link.other(centre)] is not family
            ]
            holds.sort(key=lambda link: (-link.strength, self._place[link.other(centre)]))
            chosen += [(centre, link) for link in holds[:1]]
        return chosen

    def _hang(self, centre: int, link: Link) -> None:
        """Attach the family of a derived photo to that of its parent."""
        parent = link.other(centre)
        family, mine = self._home[parent], self._home[centre]
        if family is mine or family.centre == centre:
            return
        if family.steps(parent) and not self._shows_only_its_own(parent, family):
            return
        if self._conflicts(family, mine.members):
            return
        family.bases[centre] = parent
        family.bases.update(mine.bases)
        for position, home in self._home.items():
            if home is mine:
                self._home[position] = family
        if not link.container:
            self._crops.add(centre)

    def _shows_only_its_own(self, parent: int, family: Family) -> bool:
        """Whether all that a member shows is in the photo of its family: not so for a collage."""
        while parent != family.centre:
            base = family.bases[parent]
            is_derived = any(
                link.derived == parent and link.other(parent) == base
                for link in self._links.get(parent, ())
            )
            if is_derived and parent not in self._crops:
                return False
            parent = base
        return True
