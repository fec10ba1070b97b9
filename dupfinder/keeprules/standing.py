"""How each photo of a cluster stands among the others: what the comparisons say against it.

Pure. A match tells what turned one photo into another; followed from the representative outward,
the matches of a cluster tell of every member how large it shows the scene, how large it shows it
truly, and what was done to it that others do not have.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from dupfinder.keeprules.formats import SAME_PIXELS, conversions
from dupfinder.model import Cluster, Match, Photo, Relation, Sides

if TYPE_CHECKING:  # numpy stays out of `import dupfinder`
    from dupfinder.protocols import KeepKey

# The edits that say what was done to the copy, or to the base, and in what words.
_OF_COPY = {
    "cropped": "cropped",
    "framed": "framed",
    "letterboxed": "letterboxed",
    "written over": "written over",
    "grey": "grey",
}
_OF_BASE = {
    "extended": "cropped",
    "unframed": "framed",
    "cleaned": "written over",
    "coloured": "grey",
}
_SLANTED = frozenset({"tilted", "perspective"})
# Around what both show, the one that was slanted has flat corners or nothing, the other a picture:
# so much less of it in one grey.
_FLATTER = 0.3

# What fewer than one in so many comparisons say was done to the photo that all start from is more
# likely wrong, or was done to the others, than true.
_FEW = 10
# Sides that differ by less are too near to tell an enlargement from a true picture.
_NEAR = 1.2
_EQUAL = 0.03
_MOSTLY = 0.5  # of the surroundings
_WHOLE = (*SAME_PIXELS, Relation.COPY)


@dataclass(frozen=True, slots=True)
class Standing:
    """A photo and what is known of it among its cluster.

    `scale` is how large it shows the scene, the representative being 1, along a side; `true_scale`
    that of the detail in it: less where it was enlarged. `best_scale` is the largest true scale in
    the cluster. `edited` names what was done to it, in words. `converted_from` is the format that
    it was made from, None where it may be what the camera or program wrote. `aside` are pictures
    that hold the photo among other things (a screenshot, a collage) or resemble it: they come after
    all others.
    """

    photo: Photo
    scale: float = 1.0
    true_scale: float = 1.0
    best_scale: float = 1.0
    edited: frozenset[str] = frozenset()
    converted_from: str | None = None
    aside: bool = False

    @property
    def enlarged(self) -> bool:
        return self.true_scale < self.scale

    @property
    def pixels(self) -> int:
        """Pixels of the picture itself; only a frame that a comparison has seen is left out."""
        full = self.photo.width * self.photo.height
        return self.photo.pixels if self.edited & {"framed", "letterboxed"} else full


class KeepRule(Protocol):
    """One criterion of what makes a photo worth keeping: the smaller key wins.

    The keys of one rule are comparable with each other and order all photos of a cluster; equal
    keys mean that the rule cannot tell the photos apart.
    """

    name: str

    def key(self, standing: Standing) -> KeepKey: ...

    def because(self, keeper: Standing, lesser: Standing) -> str:
        """Why `keeper` beats `lesser` by this rule, in words for the user."""
        ...


def standings(cluster: Cluster) -> dict[str, Standing]:
    """How every member stands, by its path, in the order of the members."""
    told: dict[str, list[Match]] = defaultdict(list)
    for match in sorted(cluster.matches, key=lambda each: each.copy.path):
        told[match.base.path].append(match)
    representative = cluster.representative
    found = {representative.path: _as_base(Standing(representative), told[representative.path])}
    matches = [*told[representative.path]]
    for match in matches:  # grows on the way outward
        if match.relation in _WHOLE and match.base.path in found:
            copy = _as_copy(found[match.base.path], match)
            found[match.copy.path] = _as_base(copy, told[match.copy.path])
        matches += told[match.copy.path]
    found = _with_parts(found, [match for match in matches if match.copy.path not in found])
    counting = [each for each in found.values() if not each.aside]
    best = max(each.true_scale for each in counting)
    sources = conversions([each.photo for each in counting], matches)
    return {
        member.path: replace(
            found[member.path], best_scale=best, converted_from=sources.get(member.path)
        )
        for member in cluster.members
    }


def _as_copy(base: Standing, match: Match) -> Standing:
    """What a match tells of its copy, given how its base stands."""
    if match.relation in SAME_PIXELS:
        return replace(base, photo=match.copy)
    scale = base.scale * scaling(match)
    return replace(
        base,
        photo=match.copy,
        scale=scale,
        true_scale=min(scale, base.scale) if _enlarged(match) else scale,
        edited=(base.edited - _done_to_base(match)) | _done_to_copy(match),
    )


def _as_base(standing: Standing, matches: Sequence[Match]) -> Standing:
    """What the comparisons with its copies tell of the photo that they start from."""
    copies = [match for match in matches if match.relation in _WHOLE]
    scales = [scaling(match) for match in copies if _enlarged(match)]
    seen = Counter(each for match in copies for each in _done_to_base(match))
    believed = {each for each in seen if seen[each] * _FEW >= len(copies)}
    return replace(
        standing,
        true_scale=min([standing.true_scale, *(standing.scale * each for each in scales)]),
        edited=standing.edited | believed,
    )


def _with_parts(family: Mapping[str, Standing], matches: Sequence[Match]) -> dict[str, Standing]:
    """The copies of the representative and whatever shows a part of them, or they of it.

    In doubt the copies come first: a crop is edited, anything else stands aside.
    """
    found = dict(family)
    camera = any(each.photo.camera is not None for each in family.values())
    best = max(each.true_scale for each in family.values())
    for match in matches:
        if match.relation in _WHOLE:
            found[match.copy.path] = _as_copy(found[match.base.path], match)
            continue
        part = _as_copy(found[match.base.path], match)
        kinds = {edit.kind for edit in match.edits} & {"cropped", "extended"}
        origin = _is_origin(part, match, camera=camera, best=best)
        aside = not origin and kinds != {"cropped"}
        found[match.copy.path] = replace(part, aside=aside)
        if origin:
            cut = kinds == {"extended"}
            for path in family:
                lesser = found[path]
                edited = lesser.edited | ({"cropped"} if cut else set())
                found[path] = replace(lesser, edited=edited, aside=lesser.aside or not cut)
    return found


def _is_origin(part: Standing, match: Match, *, camera: bool, best: float) -> bool:
    """Whether the copies were cut from this photo, or are screens and collages that show it.

    `camera` says whether one of the copies tells its camera, `best` is the largest true scale among
    them. Crops mostly keep the scale. Who shows the photo enlarged or reduced among other things is
    no original of it.
    """
    kinds = {edit.kind for edit in match.edits} & {"cropped", "extended"}
    if match.relation is not Relation.PART or (camera and part.photo.camera is None):
        return False
    if kinds and part.photo.camera is not None and not camera:
        return True
    finer = part.scale / best
    if kinds == {"extended"}:
        return abs(finer - 1) < _EQUAL and _flat_around(match)[1] <= _MOSTLY
    if kinds == {"cropped"}:
        return finer < 1 / _NEAR if _enlarged(match) else finer > _NEAR
    return False


def scaling(match: Match) -> float:
    """How much larger the copy shows the scene than the base, along a side."""
    amounts = [edit.amount for edit in match.edits if edit.kind == "resized"]
    return amounts[0] if amounts and amounts[0] is not None and amounts[0] > 0 else 1.0


def _enlarged(match: Match) -> bool:
    """Whether the larger of the two has no detail beyond the smaller one."""
    return match.evidence.detail is not None and match.evidence.detail < 0


def _done_to_base(match: Match) -> frozenset[str]:
    return _named(match, _OF_BASE) | _slanted(match, *_flat_around(match))


def _done_to_copy(match: Match) -> frozenset[str]:
    return _named(match, _OF_COPY) | _slanted(match, *_flat_around(match)[::-1])


def _named(match: Match, words: Mapping[str, str]) -> frozenset[str]:
    return frozenset(words[edit.kind] for edit in match.edits if edit.kind in words)


def _slanted(match: Match, ours: float, theirs: float) -> frozenset[str]:
    """How one of two was tilted or warped, if it was that one: its surroundings are flatter."""
    flatter = ours - theirs > _FLATTER
    return _SLANTED & {edit.kind for edit in match.edits} if flatter else frozenset()


def _flat_around(match: Match) -> Sides:
    """How much of what base and copy show beyond each other is flat; nothing where unknown."""
    return match.evidence.beyond or (0.0, 0.0)
