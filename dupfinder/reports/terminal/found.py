"""The clusters of a scan, then its summary."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.text import Text

from dupfinder.model import Cluster, Found, Photo, Skipped
from dupfinder.reports.names import printable
from dupfinder.reports.terminal.rows import PATH, STRONG, WEAK, Columns, Layout, Row, put
from dupfinder.reports.words import (
    bytes_of,
    counted,
    dated,
    duration,
    proof_of,
    relation_of,
    sides,
)

_COLUMNS: Final = Columns(mark=2, facts=40, reason=44)
_LEGEND: Final = """\
* is the representative: every other photo was compared with it
(date) is the file's own, where no camera wrote one
bits: Hamming distance of the hashes; inliers: keypoints that fit one geometry
agree: correlation of the aligned pixels, 1 at best
"""


def render_found(found: Found, console: Console) -> None:
    """Prints every cluster, every file that was skipped with its reason, and the summary.

    Cluster by cluster, so that a long list starts at once.
    """
    paths = (photo.path for cluster in found.clusters for photo in cluster.members)
    layout = Layout(console, found.roots, paths, _COLUMNS)
    if found.clusters:
        put(console, _head(layout))
    for number, cluster in enumerate(found.clusters, start=1):
        put(console, _cluster(cluster, number, layout))
    render_skipped(found, console)
    # Last, where it is still on the screen after a thousand lines.
    put(console, _run(found))
    put(console, _totals(found))


def render_skipped(found: Found, console: Console) -> None:
    """Prints every file that was skipped, with its reason."""
    layout = Layout(console, found.roots, (each.path for each in found.skipped), _COLUMNS)
    for skipped in found.skipped:
        put(console, _skipped(skipped, layout))


def _head(layout: Layout) -> Text:
    text = Text()
    if layout.base:
        text.append("Photos below ").append(printable(layout.base), PATH).append("\n")
    return text.append(_LEGEND, WEAK).append("\n")


def _cluster(cluster: Cluster, number: int, layout: Layout) -> Text:
    text = Text()
    text.append(f"Cluster {number:,}", STRONG)
    text.append(f" · {counted(len(cluster.members), 'photo')}")
    text.append(f" · {bytes_of(cluster.reclaimable)} reclaimable · {cluster.id}\n")
    representative = cluster.representative
    layout.append(text, Row("*", representative.path, _facts(representative, layout)))
    for photo, match in zip(cluster.members[1:], cluster.matches, strict=True):
        reason = proof_of(match.evidence)
        layout.append(text, Row("", photo.path, _facts(photo, layout), relation_of(match), reason))
    return text.append("\n")


def _facts(photo: Photo, layout: Layout) -> str:
    date = dated(photo, to_the_minute=layout.is_wide)
    if layout.is_wide:
        return f"{sides(photo):>11}  {bytes_of(photo.size):>7}  {date:<18}"
    return f"{sides(photo):>9}  {bytes_of(photo.size):>6}  {date}"


def _totals(found: Found) -> Text:
    text = Text()
    clusters, copies = counted(len(found.clusters), "cluster"), counted(found.copies, "copy")
    text.append(f"{clusters} · {copies} · {bytes_of(found.reclaimable)} reclaimable\n", STRONG)
    linked = sum(
        photo.file.link_count > 1 for cluster in found.clusters for photo in cluster.members[1:]
    )
    if linked:
        has = "has another name" if linked == 1 else "have another name"
        text.append(f"{counted(linked, 'copy')} {has} (hard link) and would free nothing\n")
    text.append(f"{counted(found.discovered, 'photo')} found · {found.compared:,} compared")
    text.append(f" · {len(found.skipped):,} skipped · {counted(found.other_files, 'other file')}\n")
    return text


def _run(found: Found) -> Text:
    """How this run went: the time of each stage, and what is worth knowing about it."""
    text = Text()
    if found.skipped:
        text.append("\n")
    width = max((len(stage.stage) for stage in found.stages), default=0)
    for stage in found.stages:
        line = f"  {stage.stage:<{width}}  {duration(stage.seconds):>12}  {printable(stage.detail)}"
        text.append(line.rstrip() + "\n", WEAK)
    for note in found.notes:
        text.append("note: ", STRONG).append(printable(note) + "\n")
    if found.stages or found.notes:
        text.append("\n")
    return text


def _skipped(skipped: Skipped, layout: Layout) -> Text:
    text = Text()
    name = layout.name(skipped.path, layout.width - len("skipped "))
    text.append("skipped ", STRONG).append(name, PATH)
    reason = f"{skipped.stage}: {printable(skipped.reason)}"
    fits = text.cell_len + 2 + len(reason) <= layout.width
    return text.append(("  " if fits else "\n        ") + reason + "\n")
