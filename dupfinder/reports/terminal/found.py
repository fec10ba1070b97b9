"""The clusters of a scan, then its summary."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from dupfinder.model import Cluster, Found, Match, Photo, Searched, Skipped
from dupfinder.reports.names import printable
from dupfinder.reports.terminal.rows import (
    DATED,
    PATH,
    SHARES,
    STRONG,
    WEAK,
    Layout,
    Row,
    dated_facts,
    put,
    wrapped,
)
from dupfinder.reports.terminal.similar import render_similar
from dupfinder.reports.words import bytes_of, counted, duration, proof_of, relation_of
from dupfinder.roots import VANISHED

if TYPE_CHECKING:  # Pillow is loaded where pictures are shown
    from dupfinder.reports.terminal.pictures import Pictures

_LEGEND: Final = f"""\
* is the representative: the others were compared with it, or with the one named
(date) is the file's own, where no camera wrote one
{SHARES}\
bits: Hamming distance of the hashes; inliers: keypoints that fit one geometry
agree: correlation of the aligned pixels, 1 at best
"""
_REFERENCE: Final = "= was only compared with (--against): it stays in any case\n"
_INDENT: Final = " " * len("skipped ")


def render_found(
    found: Found, console: Console, *, similar: bool = False, pictures: Pictures | None = None
) -> None:
    """Prints every cluster, every file that was skipped with its reason, and the summary.

    Cluster by cluster, so that a long list starts at once. `similar` also shows the pairs that are
    other shots of one scene, `pictures` the photos of each cluster.
    """
    paths = (photo.path for cluster in found.clusters for photo in cluster.members)
    columns = replace(DATED, mark=3) if found.references else DATED
    layout = Layout(console, (*found.roots, *found.references), paths, columns)
    if found.clusters:
        put(console, layout.head((_REFERENCE if found.references else "") + _LEGEND))
    for number, cluster in enumerate(found.clusters, start=1):
        if pictures is not None:
            pictures.show(cluster)
        put(console, _cluster(cluster, number, layout))
    if similar:
        render_similar(found, console)
    render_skipped(found, console)
    # Last, where it is still on the screen after a thousand lines.
    put(console, run_lines(found, layout))
    put(console, _totals(found, similar=similar))


def render_skipped(found: Found | Searched, console: Console) -> None:
    """Prints every file that was skipped, with its reason.

    Not those below a root that went away: there may be thousands, and a note counts them.
    """
    told = [each for each in found.skipped if each.code != VANISHED]
    layout = Layout(console, found.roots, (each.path for each in told), DATED)
    for skipped in told:
        put(console, _skipped(skipped, layout))


def _cluster(cluster: Cluster, number: int, layout: Layout) -> Text:
    text = Text()
    text.append(f"Cluster {number:,}", STRONG)
    text.append(f" · {counted(len(cluster.members), 'photo')}")
    text.append(f" · {bytes_of(cluster.reclaimable)} reclaimable · {cluster.id}\n")
    first = cluster.representative
    layout.append(text, Row(f"*{_mark(first)}", first, dated_facts(first, layout)))
    for photo, match in zip(cluster.members[1:], cluster.matches, strict=True):
        relation = relation_of(match, _base(match, cluster, layout))
        proof = proof_of(match.evidence)
        row = Row(_mark(photo), photo, dated_facts(photo, layout), relation, proof)
        layout.append(text, row)
    return text.append("\n")


def _mark(photo: Photo) -> str:
    return "" if photo.file.reference is None else "="


def _base(match: Match, cluster: Cluster, layout: Layout) -> str:
    """Whom a member was compared with, if not the representative."""
    if match.base.path == cluster.representative.path:
        return ""
    return layout.other(match.base.path, (photo.path for photo in cluster.members))


def _totals(found: Found, *, similar: bool) -> Text:
    text = Text()
    clusters, copies = counted(len(found.clusters), "cluster"), counted(found.copies, "copy")
    text.append(f"{clusters} · {copies} · {bytes_of(found.reclaimable)} reclaimable\n", STRONG)
    linked = sum(
        photo.file.link_count > 1 for cluster in found.clusters for photo in cluster.members[1:]
    )
    if linked:
        has = "has another name" if linked == 1 else "have another name"
        text.append(f"{counted(linked, 'copy')} {has} (hard link) and would free nothing\n")
    if found.similar:
        shown = "" if similar else " (--similar shows them)"
        pairs = counted(len(found.similar), "similar pair")
        text.append(f"{pairs}: other shots of one scene{shown}\n")
    text.append(f"{counted(found.discovered, 'photo')} found · {found.compared:,} compared")
    text.append(f" · {len(found.skipped):,} skipped · {counted(found.other_files, 'other file')}\n")
    return text


def run_lines(found: Found | Searched, layout: Layout) -> Text:
    """How this run went: the time of each stage, and what is worth knowing about it."""
    text = Text()
    if found.skipped:
        text.append("\n")
    width = max((len(stage.stage) for stage in found.stages), default=0)
    for stage in found.stages:
        line = f"  {stage.stage:<{width}}  {duration(stage.seconds):>12}  {printable(stage.detail)}"
        text.append(line.rstrip() + "\n", WEAK)
    for note in found.notes:
        label = "note: "
        lines = wrapped(printable(note), layout.width - len(label), cut=False)
        text.append(label, STRONG).append(f"\n{' ' * len(label)}".join(lines) + "\n")
    if found.stages or found.notes:
        text.append("\n")
    return text


def _skipped(skipped: Skipped, layout: Layout) -> Text:
    """On one line where there is room, else the reason below the name."""
    text = Text()
    name = layout.name(skipped.path, layout.width - len(_INDENT))
    text.append("skipped ", STRONG).append(name, PATH)
    lines = wrapped(
        f"{skipped.stage}: {printable(skipped.reason)}", layout.width - len(_INDENT), cut=False
    )
    fits = len(lines) == 1 and text.cell_len + 2 + cell_len(lines[0]) <= layout.width
    below = f"\n{_INDENT}"
    return text.append(("  " if fits else below) + below.join(lines) + "\n")
