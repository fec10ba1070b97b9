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
_EQUAL = 0.015
_MOSTLY = 0.5  # of the surroundings
_PALETTE = "GIF"
_SAME_PIXELS = (Relation.IDENTICAL, Relation.SAME_PIXELS)


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
    representative = cluster.representative
    told: dict[str, list[Match]] = defaultdict(list)
    for match in cluster.matches:
        told[match.base.path].append(match)
    found = {representative.path: _as_base(Standing(representative), told[representative.path])}
    # Outward from the representative: every base is known before its copies.
    matches = list(told[representative.path])
    for match in matches:
        copy = _as_copy(found[match.base.path], match)
        found[match.copy.path] = _as_base(copy, told[match.copy.path])
        matches += told[match.copy.path]
    counting = [each for each in found.values() if not each.aside] or [*found.values()]
    best = max(each.true_scale for each in counting)
    sources = conversions(cluster.members, matches)
    return {
        member.path: replace(
            found[member.path], best_scale=best, converted_from=sources.get(member.path)
        )
        for member in cluster.members
    }


def _as_copy(base: Standing, match: Match) -> Standing:
    """What a match tells of its copy, given how its base stands."""
    if match.relation in _SAME_PIXELS:
        return replace(base, photo=match.copy)
    holder = _holder(match)
    factor = scaling(match)
    scale = base.scale * factor
    enlarged = _enlarged(match) and factor > 1
    edited = base.edited
    if holder is None:
        edited = (edited - _done_to_base(match)) | _done_to_copy(match)
    return Standing(
        photo=match.copy,
        scale=scale,
        true_scale=min(scale, base.scale) if enlarged else scale,
        edited=edited,
        aside=base.aside if holder is None else holder is match.copy,
    )


def _as_base(standing: Standing, matches: Sequence[Match]) -> Standing:
    """What the matches with others tell of the photo that they start from."""
    true_scale, aside = standing.true_scale, standing.aside
    seen = Counter[str]()
    for match in matches:
        holder = _holder(match)
        if holder is None:
            seen.update(_done_to_base(match))
        aside |= holder is match.base
        if _enlarged(match) and scaling(match) < 1:
            true_scale = min(true_scale, standing.scale * scaling(match))
    edited = standing.edited | {each for each in seen if seen[each] * _FEW >= len(matches)}
    return replace(standing, true_scale=true_scale, edited=edited, aside=aside)


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


def _holder(match: Match) -> Photo | None:
    """The one of two that holds or resembles the other and is another picture; None if neither.

    Of a photo and a part of it, the part is the lesser one; of a photo and a screenshot or collage
    that shows it, the other. What a camera wrote tells them apart, and where neither or both have
    that, the scale: a crop is never finer than what it was cut from, nor are its surroundings flat.
    """
    base, copy = match.base, match.copy
    if match.relation is Relation.SIMILAR:
        return copy
    if match.relation is not Relation.PART:
        return None
    amounts = {edit.kind: edit.amount or 1.0 for edit in match.edits}
    kept, shown = amounts.get("cropped", 1.0), amounts.get("extended", 1.0)
    whole, part = (base, copy) if kept < shown else (copy, base)
    if (whole.camera is None) != (part.camera is None):
        return whole if whole.camera is None else None
    if max(kept, shown) < 1 or kept == shown:  # each shows something else beside
        return whole
    finer = scaling(match) if whole is base else 1 / scaling(match)
    if finer > _NEAR or finer < 1 / _NEAR:
        # The larger of the two has true detail or has none: who has it was not made from the other.
        return whole if (finer > 1) != _enlarged(match) else None
    flat = _flat_around(match)[whole is copy] > _MOSTLY
    return whole if flat or abs(finer - 1) > _EQUAL else None


def conversions(photos: Sequence[Photo], matches: Sequence[Match]) -> dict[str, str]:
    """The format that each converted photo was made from, by path.

    A lossless file with the pixels of a lossy one was made from it, and so was a palette of 256
    colours. What no camera is named in was made from what one is named in.
    """
    lossy: dict[str, str] = {}  # by the path of the first of those that share their pixels
    first: dict[str, str] = {}
    for match in matches:
        same = match.relation in _SAME_PIXELS
        group = first.setdefault(match.base.path, match.base.path)
        first[match.copy.path] = group if same else match.copy.path
    for photo in photos:
        if not photo.lossless:
            lossy.setdefault(first.get(photo.path, photo.path), photo.format)
    taken = [photo.format for photo in photos if photo.camera is not None]
    found = {}
    for photo in photos:
        source = lossy.get(first.get(photo.path, photo.path)) if photo.lossless else None
        if source is None and photo.camera is None and taken and photo.format not in taken:
            source = taken[0]
        if source is None and photo.format == _PALETTE:
            source = next((each.format for each in photos if each.format != _PALETTE), None)
        if source is not None:
            found[photo.path] = source
    return found
