"""What two photos are to each other: copies, or one made from the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

# Corners (x, y) in pixels.
Region = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Two positions that show the same picture, or of which one was made from the other.

    `derived` is the one that was made from the other, None for copies. A `container` (a collage, a
    screenshot) shows more than the picture it was made from. `region` is the outline of a crop in
    the other one where that one may as well be a collage that shows it: the scales do not tell.
    `strength` is the number of inliers.
    """

    left: int
    right: int
    strength: int
    derived: int | None = None
    container: bool = False
    region: Region = ()

    def other(self, position: int) -> int:
        return self.right if position == self.left else self.left


def turned_round(links: Sequence[Link]) -> Iterator[Link]:
    """The links, with those of a collage leading from what it shows to the collage.

    A picture that shows two others in places which hardly overlap was made from them, and not they
    from it, at whatever scale it shows them.
    """
    shown: dict[int, list[Region]] = defaultdict(list)
    for link in links:
        if link.derived is not None and link.region:
            shown[link.other(link.derived)].append(link.region)
    collages = {position for position, regions in shown.items() if _has_two_places(regions)}
    for link in links:
        parent = None if link.derived is None else link.other(link.derived)
        if parent in collages and link.region:
            yield replace(link, derived=parent, container=True, region=())
        else:
            yield link


def _has_two_places(regions: Sequence[Region]) -> bool:
    boxes = [_box(region) for region in regions]
    return any(
        _common(one, other) < 0.1 * min(_size(one), _size(other))
        for at, one in enumerate(boxes)
        for other in boxes[:at]
    )


_Box = tuple[float, float, float, float]


def _box(region: Region) -> _Box:
    across, along = zip(*region, strict=True)
    return min(across), min(along), max(across), max(along)


def _size(box: _Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _common(one: _Box, other: _Box) -> float:
    return _size(
        (
            max(one[0], other[0]),
            max(one[1], other[1]),
            min(one[2], other[2]),
            min(one[3], other[3]),
        )
    )
