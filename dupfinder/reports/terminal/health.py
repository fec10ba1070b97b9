"""How an installation and its cache are, in sections of lines with a name in front of each."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from rich.console import Console
from rich.text import Text

from dupfinder.engines.health import Health
from dupfinder.reports.names import printable
from dupfinder.reports.terminal.rows import STRONG, WEAK, put, wrapped
from dupfinder.reports.words import bytes_of, counted
from dupfinder.storage.checking import Verified
from dupfinder.storage.looking import CacheState
from dupfinder.storage.pruning import Pruned

_NAME: Final = 20
# Lines of words that are longer than this are hard to read.
_LONGEST: Final = 110
_FIRST: Final = "Versions"
_PARTS: Final = {
    "file": "paths",
    "content": "photos",
    "thumbnail": "thumbnails",
    "features": "features",
    "verdict": "verdicts",
}


def render_health(health: Health, console: Console) -> None:
    """Prints everything, what needs attention last."""
    _head(console, _FIRST)
    _field(console, "system", health.machine)
    for library in health.libraries:
        name = f"  {library.name}" if library.part_of else library.name
        _field(console, name, library.version or "not installed")
    for bad in health.warned:
        if not bad.counts:
            _field(console, "note", f"{bad.library} {bad.version}: {bad.why}: {bad.cure}")
    _formats(health, console)
    _head(console, "Cache")
    _cache(health.cache, console)
    for method in health.cache.methods:
        _field(console, "made with", _spaced(method.name))
    _head(console, "Clean and undo")
    journals = health.journals
    _field(console, "journals", f"{printable(journals.place.path)} ({journals.place.told})")
    _field(console, "runs", f"{journals.runs:,}, of which {journals.undoable:,} can be undone")
    trash = printable(health.trash.path)
    _field(console, "trash", f"{trash} ({health.trash.told})" if trash else health.trash.told)
    put(console, Text("\n"))
    if not health.problems:
        put(console, Text("All is well\n", STRONG))
        return
    put(console, Text(f"{counted(len(health.problems), 'thing')} to see to:\n", STRONG))
    for problem in health.problems:
        _field(console, "", printable(problem), mark="! ")


def _formats(health: Health, console: Console) -> None:
    _head(console, "Formats")
    read = [each.name for each in health.formats if each.is_readable]
    _field(console, "read", ", ".join(_grouped(read)))
    needs: dict[str, list[str]] = defaultdict(list)
    for each in health.formats:
        if not each.is_readable:
            needs[each.needs].append(each.name)
    for what, names in sorted(needs.items(), reverse=True):
        cure = f"install {what}" if what else "no decoder for it here; listed as skipped"
        _field(console, "not read", f"{', '.join(_grouped(names))}: {cure}")


def _grouped(names: list[str]) -> list[str]:
    """`camera RAW (Canon, Sigma)` for `camera RAW (Canon)` and `camera RAW (Sigma)`."""
    kinds: dict[str, list[str]] = {}
    for name in names:
        kind, _, variety = name.partition(" (")
        kinds.setdefault(kind, []).extend([variety.rstrip(")")] if variety else [])
    return [f"{kind} ({', '.join(each)})" if each else kind for kind, each in kinds.items()]


def render_cache(state: CacheState, console: Console) -> None:
    """Prints what is in a cache, in one sentence where there is none."""
    if state.state == "none":
        put(console, Text(f"No cache at {printable(state.path)}: {state.told}\n"))
        _aside(state.aside, console)
        return
    _cache(state, console)
    if not state.parts:
        return
    put(console, Text("\n"))
    put(console, Text(_columns("part", "rows", "bytes"), WEAK))
    for part in state.parts:
        put(console, Text(_columns(_PARTS[part.name], f"{part.rows:,}", bytes_of(part.size))))
    put(console, Text("\n"))
    for method in state.methods:
        level = "copies" if ";features=" in method.name else "identical or hash"
        told = f"{method.verdicts:,} verdicts, of level {level}: {_spaced(method.name)}"
        _field(console, counted(method.photos, "photo"), told)


def _cache(state: CacheState, console: Console) -> None:
    _field(console, "file", printable(state.path))
    _field(console, "state", printable(state.told or state.state))
    if state.state == "none":
        return
    _field(console, "size", bytes_of(state.size))
    if state.parts:
        rows = {part.name: part.rows for part in state.parts}
        _field(console, "holds", f"{state.photos:,} photos, {rows['verdict']:,} verdicts")
    if state.version is not None:
        _field(console, "version", str(state.version))
    _field(console, "can be written", "yes" if state.can_write else "no")
    _aside(state.aside, console)


def _spaced(method: str) -> str:
    """With places where the line can be broken."""
    return printable(method.replace(";", "; "))


def _aside(aside: tuple[tuple[str, int], ...], console: Console) -> None:
    for path, size in aside:
        told = f"{printable(path)}, {bytes_of(size)}: dupfinder cache prune removes it"
        _field(console, "set aside", told)


def render_verified(verified: Verified, console: Console) -> None:
    """Prints how many rows were read, and what is wrong."""
    path = printable(verified.path)
    if not verified.is_there:
        put(console, Text(f"No cache at {path}: there is nothing to verify\n"))
        return
    _field(console, "file", path)
    if verified.told:
        _field(console, "state", printable(verified.told))
        return
    put(console, Text(_columns("part", "rows", "damaged"), WEAK))
    for part in verified.parts:
        put(console, Text(_columns(_PARTS[part.name], f"{part.rows:,}", f"{part.damaged:,}")))
    for problem in verified.problems:
        _field(console, "", printable(problem), mark="! ")
    if verified.is_sound:
        put(console, Text("The cache is sound\n", STRONG))
        return
    put(console, Text("The cache is damaged\n", STRONG))
    cure = (
        "Nothing wrong comes of it: scans compute anew what they cannot read."
        " dupfinder cache prune removes damaged rows. Where pages are damaged, remove the file: the"
        " next scan makes a new one."
    )
    put(console, Text("\n".join(wrapped(cure, min(console.width, _LONGEST))) + "\n"))


def render_pruned(pruned: Pruned, console: Console) -> None:
    """Prints what went, or would go, and why."""
    path = printable(pruned.path)
    if not pruned.is_there:
        put(console, Text(f"No cache at {path}: there is nothing to prune\n"))
        return
    _field(console, "file", path)
    for each in pruned.removed:
        told = f"{each.rows:,} rows, {bytes_of(each.size)}, {each.why}"
        _field(console, _PARTS[each.part], told)
    for aside, size in pruned.aside:
        _field(console, "set aside", f"{printable(aside)}, {bytes_of(size)}")
    if pruned.kept:
        told = f"{counted(pruned.kept, 'file')} in folders that are missing, empty or out of reach"
        _field(console, "kept", f"{told}: a volume may not be mounted")
    for note in pruned.notes:
        _field(console, "note", printable(note))
    rows = sum(each.rows for each in pruned.removed)
    size = sum(each.size for each in pruned.removed) + sum(size for _, size in pruned.aside)
    if not rows and not pruned.aside:
        put(console, Text("Nothing to remove\n", STRONG))
    elif pruned.is_dry:
        told = f"{counted(rows, 'row')}, about {bytes_of(size)}, would go; nothing was touched\n"
        put(console, Text(told, STRONG))
    else:
        told = f"{bytes_of(pruned.before)} before, {bytes_of(pruned.after)} now"
        put(console, Text(f"{counted(rows, 'row')} removed · {told}\n", STRONG))


def _head(console: Console, title: str) -> None:
    put(
        console, Text(f"{title}\n", STRONG) if title == "Versions" else Text(f"\n{title}\n", STRONG)
    )


def _field(console: Console, name: str, value: str, mark: str = "  ") -> None:
    """A name and its value, in lines below each other where it is long; paths are never cut."""
    indent = len(mark) + (_NAME if name else 0)
    lines = wrapped(value, max(30, min(console.width, _LONGEST) - indent), cut=False) or [""]
    text = Text(mark).append(f"{name:<{_NAME}}" if name else "", WEAK)
    text.append(f"\n{' ' * indent}".join(lines))
    put(console, text.append("\n"))


def _columns(first: str, second: str, third: str) -> str:
    return f"  {first:<{_NAME}}{second:>10}  {third}\n"
