"""How an installation and its cache are, in sections of lines with a name in front of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.text import Text

from dupfinder.engines.health import Health, Place
from dupfinder.reports.names import printable
from dupfinder.reports.terminal.rows import STRONG, WEAK, put, wrapped
from dupfinder.reports.words import bytes_of, counted
from dupfinder.storage.checking import Verified
from dupfinder.storage.descriptors import Described, Descriptors
from dupfinder.storage.looking import CacheState, Method
from dupfinder.storage.methods import is_deep
from dupfinder.storage.pruning import Pruned

_NAME: Final = 20
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"
# Lines of words that are longer than this are hard to read.
_LONGEST: Final = 110
_PARTS: Final = {
    "method": "methods",
    "file": "paths",
    "content": "photos",
    "thumbnail": "thumbnails",
    "features": "features",
    "postings": "feature index",
    "verdict": "verdicts",
    "vector": "descriptors",
    "lists": "posting lists",
    "stock": "found files",
}


def render(told: Health | CacheState | Verified | Pruned, console: Console) -> None:
    """Prints everything, what needs attention last; of a cache that is not there one sentence."""
    match told:
        case Health():
            _health(told, console)
        case CacheState(state="none"):
            _no_cache(told.path, told.told, console)
            _aside(told.aside, console)
            _descriptors(told.descriptors, console)
        case CacheState():
            _shown(told, console)
        case Verified(is_there=False):
            _no_cache(told.path, "there is nothing to verify", console)
        case Verified():
            _verified(told, console)
        case Pruned(is_there=False):
            _no_cache(told.path, "there is nothing to prune", console)
        case Pruned():
            _pruned(told, console)


def _no_cache(path: str, told: str, console: Console) -> None:
    put(console, Text(f"No cache at {printable(path)}: {told}\n"))


def _health(health: Health, console: Console) -> None:
    put(console, Text("Versions\n", STRONG))
    _field(console, "system", health.machine)
    for library in health.libraries:
        name = f"  {library.name}" if library.part_of else library.name
        _field(console, name, library.version or "not installed")
    for bad in health.warned:
        if not bad.counts:
            _field(console, "note", f"{bad.name} {bad.version}: {bad.why}: {bad.cure}")
    _head(console, "Formats")
    _formats(health, console)
    _head(console, "Extras")
    for extra in health.extras:
        cure = f"not installed: pip install 'dupfinder[{extra.name}]'"
        told = f"{extra.package} {extra.version}" if extra.version else cure
        _field(console, extra.name, f"{extra.purpose}: {told}" if extra.purpose else told)
    _head(console, "Cache")
    _cache(health.cache, console)
    for method in health.cache.methods:
        cure = "" if method.is_used else ": dupfinder cache prune removes them"
        _field(console, counted(method.photos, "photo"), f"{_use(method)}{cure}")
    _descriptors(health.cache.descriptors, console)
    _head(console, "Clean and undo")
    journals = health.journals
    _place(journals.place, "journals", console)
    undoable = f"{journals.runs:,}, of which {journals.undoable:,} can be undone"
    _field(console, "runs", undoable if journals.runs else "none")
    _place(health.trash, "trash", console)
    put(console, Text("\n"))
    if health.is_well:
        put(console, Text("All is well\n", STRONG))
        return
    put(console, Text(f"{counted(len(health.problems), 'thing')} to see to:\n", STRONG))
    _problems(health.problems, console)


def _problems(problems: Iterable[str], console: Console) -> None:
    for problem in problems:
        _field(console, "", printable(problem), mark="! ")


def _place(place: Place, name: str, console: Console) -> None:
    path = printable(place.path)
    _field(console, name, f"{path} ({place.told})" if path else place.told)


def _formats(health: Health, console: Console) -> None:
    read = [each.name for each in health.formats if each.is_readable]
    _field(console, "read", ", ".join(_grouped(read)))
    needs: dict[str, list[str]] = defaultdict(list)
    for each in health.formats:
        if not each.is_readable:
            needs[each.needs].append(each.name)
    for what, names in sorted(needs.items(), reverse=True):
        cure = f"install {what}" if what else "no decoder here; listed as skipped"
        _field(console, "not read", f"{', '.join(_grouped(names))}: {cure}")


def _grouped(names: list[str]) -> list[str]:
    """`camera RAW (Canon, Sigma)` for `camera RAW (Canon)` and `camera RAW (Sigma)`.

    A line is broken between the names, not within one.
    """
    kinds: dict[str, list[str]] = {}
    for name in names:
        kind, _, variety = name.partition(" (")
        known = kinds.setdefault(kind.replace(" ", _NO_BREAK), [])
        known += [variety.rstrip(")").replace(" ", _NO_BREAK)] if variety else []
    return [f"{kind} ({', '.join(each)})" if each else kind for kind, each in kinds.items()]


def _shown(state: CacheState, console: Console) -> None:
    _cache(state, console)
    if state.parts:
        put(console, Text("\n"))
        sizes = ((each.name, each.rows, bytes_of(each.size)) for each in state.parts)
        _table(sizes, "bytes", console)
        put(console, Text("\n"))
    for method in state.methods:
        told = f"{counted(method.verdicts, 'verdict')}, {_use(method)}: {_spaced(method.name)}"
        _field(console, counted(method.photos, "photo"), told)
    _descriptors(state.descriptors, console)


def _descriptors(found: Descriptors | None, console: Console) -> None:
    """What searches keep beside the cache."""
    if found is None or (found.state == "none" and not found.aside):
        return
    _head(console, "Descriptors for searches")
    _field(console, "file", printable(found.path))
    _field(console, "state", printable(found.told or found.state))
    _field(console, "size", bytes_of(found.size))
    if found.rows:
        _field(console, "and beside it", f"{bytes_of(found.rows)} that make searches quicker")
    for each in found.methods:
        told = f"{bytes_of(each.size)}{_of_use(each)}: {_spaced(each.name)}"
        _field(console, counted(each.contents, "photo"), told)
    _aside(found.aside, console)


def _of_use(described: Described) -> str:
    return "" if described.is_used else ", of other versions: dupfinder cache prune removes them"


def _use(method: Method) -> str:
    if not method.is_used:
        return "of other versions, of no use"
    return f"of level {'copies' if is_deep(method.name) else 'identical or hash'}"


def _cache(state: CacheState, console: Console) -> None:
    _field(console, "file", printable(state.path))
    version = "" if state.version is None else f" (version {state.version})"
    _field(console, "state", printable(state.told or f"{state.state}{version}"))
    if state.state == "none":
        return
    _field(console, "size", bytes_of(state.size))
    if state.lists:
        _field(console, "and beside it", f"{bytes_of(state.lists)} of posting lists")
    if state.parts:
        rows = {part.name: part.rows for part in state.parts}
        _field(console, "holds", f"{state.photos:,} photos, {rows['verdict']:,} verdicts")
    if not state.can_write:
        _field(console, "read only", "it cannot be written: scans remember nothing new")
    _aside(state.aside, console)


def _spaced(method: str) -> str:
    """With places where the line can be broken."""
    return printable(method.replace(";", "; "))


def _aside(aside: tuple[tuple[str, int], ...], console: Console) -> None:
    for path, size in aside:
        told = f"{printable(path)}, {bytes_of(size)}: dupfinder cache prune removes it"
        _field(console, "set aside", told)


def _verified(verified: Verified, console: Console) -> None:
    _field(console, "file", printable(verified.path))
    if verified.told:
        _field(console, "state", printable(verified.told))
    if verified.told and not verified.parts:
        return
    _table(
        ((each.name, each.rows, f"{each.damaged:,}") for each in verified.parts), "damaged", console
    )
    _problems(verified.problems, console)
    if verified.is_well:
        put(console, Text("The cache is sound\n", STRONG))
        return
    put(console, Text("The cache is damaged\n", STRONG))
    cure = (
        "Nothing wrong comes of it: scans compute anew what they cannot read."
        " dupfinder cache prune removes damaged rows. Where pages are damaged, remove the file: the"
        " next scan makes a new one."
    )
    put(console, Text("\n".join(wrapped(cure, min(console.width, _LONGEST))) + "\n"))


def _pruned(pruned: Pruned, console: Console) -> None:
    _field(console, "file", printable(pruned.path))
    for each in pruned.removed:
        told = f"{counted(each.rows, 'row')}, {bytes_of(each.size)}, {each.why}"
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
        told = "Nothing to remove"
    elif pruned.is_dry:
        told = f"{counted(rows, 'row')}, about {bytes_of(size)}, would go; nothing was touched"
    else:
        sizes = f"{bytes_of(pruned.before)} before, {bytes_of(pruned.after)} now"
        told = f"{counted(rows, 'row')} removed · {sizes}"
    put(console, Text(f"{told}\n", STRONG))


def _head(console: Console, title: str) -> None:
    put(console, Text(f"\n{title}\n", STRONG))


def _field(console: Console, name: str, value: str, mark: str = "  ") -> None:
    """A name and its value, in lines below each other where it is long; paths are never cut."""
    indent = len(mark) + (_NAME if name else 0)
    lines = wrapped(value, max(30, min(console.width, _LONGEST) - indent), cut=False) or [""]
    text = Text(mark).append(f"{name:<{_NAME}}" if name else "", WEAK)
    text.append(f"\n{' ' * indent}".join(lines))
    put(console, text.append("\n"))


def _table(rows: Iterable[tuple[str, int, str]], last: str, console: Console) -> None:
    put(console, Text(_columns("part", "rows", last), WEAK))
    for part, count, told in rows:
        put(console, Text(_columns(_PARTS[part], f"{count:,}", told)))


def _columns(first: str, second: str, third: str) -> str:
    return f"  {first:<{_NAME}}{second:>10}  {third}\n"
