"""What a scan came to, in words and bars."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from dupfinder.model import Cluster, Found, Match, Relation
from dupfinder.reports.names import printable
from dupfinder.reports.words import RELATIONS, bytes_of, counted

# What a copy is counted under: the first of these that any of its edits is.
_KINDS: Final = (
    ("framed", {"framed", "letterboxed", "unframed", "extended"}),
    ("tilted", {"tilted", "perspective"}),
    ("cropped", {"cropped"}),
    ("written over", {"written over", "cleaned"}),
    ("turned or mirrored", {"turned", "mirrored"}),
    ("toned", {"toned", "grey", "coloured", "recoloured"}),
    ("resized", {"resized", "stretched"}),
    ("only re-encoded", {"re-encoded"}),
)
# So many bars at most; the smallest kinds stand together.
_BARS: Final = 7
_REST: Final = "all others"
_OTHER: Final = "copies of other kinds"
_DOUBTFUL: Final = "cannot be told"


@dataclass(frozen=True, slots=True)
class Bar:
    """How many bytes copies of one kind take; `share` is in per cent of the longest bar."""

    label: str
    size: str
    count: str
    share: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The head of a page."""

    title: str
    lead: str
    place: str
    facts: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]


def summary(found: Found, place: str) -> Summary:
    """Counts as in all reports."""
    clusters = counted(len(found.clusters), "cluster")
    facts = [
        ("could be freed", bytes_of(found.reclaimable)),
        ("copies", f"{found.copies:,}"),
        ("photos compared", f"{found.compared:,}"),
    ]
    if found.similar:
        facts.append(("similar pairs", f"{len(found.similar):,}"))
    if found.skipped:
        facts.append(("files skipped", f"{len(found.skipped):,}"))
    return Summary(
        title=f"{clusters} of copies" if found.clusters else "No copies",
        lead="Each one was compared with the photo that it is shown beside."
        if found.clusters
        else "No two photos show the same picture.",
        place=printable(place),
        facts=tuple(facts),
        bars=tuple(_bars(found.clusters)),
    )


def _bars(clusters: tuple[Cluster, ...]) -> list[Bar]:
    """The kind that takes most comes first."""
    sizes: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for cluster in clusters:
        for match in cluster.matches:
            label = label_of(match)
            sizes[label] += match.copy.size
            counts[label] += 1
    most = max(sizes.values(), default=0)
    order = sorted(sizes, key=lambda label: (-sizes[label], label))
    if len(order) > _BARS:
        few = order[_BARS - 1 :]
        sizes[_REST], counts[_REST] = (sum(of[each] for each in few) for of in (sizes, counts))
        order = [*order[: _BARS - 1], _REST]
    return [
        Bar(
            label,
            bytes_of(sizes[label]),
            f"{counts[label]:,}",
            f"{max(0.5, 100 * sizes[label] / most):.1f}",
        )
        for label in order
    ]


def label_of(match: Match) -> str:
    """What kind of copy it is, in a few words."""
    if match.doubtful:
        return _DOUBTFUL
    if match.relation is not Relation.COPY:
        return RELATIONS[match.relation]
    kinds = {edit.kind for edit in match.edits}
    return next((label for label, of_it in _KINDS if of_it & kinds), _OTHER)
