"""Roots -> every file below them, each physical file once, seen but not read.

Only `stat` and `readdir` happen here: whether a file is a picture is decided later, by its content.
What is found does not depend on the order of the roots nor on that of the folders' listings.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from os.path import basename, dirname
from typing import NamedTuple, TypeAlias

from dupfinder.companions import Companions, companions_in, with_companions
from dupfinder.errors import UsageError
from dupfinder.model import PhotoFile, Skipped, Stamp
from dupfinder.settings import PHOTO_LIBRARIES, WalkRules

# Folders that hold no photos of the user's own, or photos that only another program may touch:
# trash, thumbnails, snapshots and the insides of photo managers. Compared in lower case, since the
# same drive meets systems that do not tell cases apart.
SYSTEM_FOLDERS = frozenset(
    {
        "#recycle",  # Synology
        "#snapshot",
        "$recycle.bin",  # Windows
        "@eadir",  # Synology: thumbnails
        "@recently-snapshot",  # QNAP
        "@recycle",
        "@tmp",
        "lost+found",
        "network trash folder",  # macOS, on servers
        "recycler",
        "system volume information",
        "temporary items",
    }
)
SYSTEM_SUFFIXES = (*PHOTO_LIBRARIES, ".lrdata")  # Lightroom's previews

# st_flags of macOS: the content is in the cloud, and to open the file would download it.
SF_DATALESS = 0x40000000

# Device, inode, mtime, ctime. Some network drives give one inode to all their folders; with the
# times beside it, two folders are taken for one only where everything agrees.
_Identity: TypeAlias = tuple[int, int, int, int]
_Entry: TypeAlias = "os.DirEntry[str]"


def discover(roots: Sequence[str], rules: WalkRules) -> Iterator[PhotoFile | Skipped]:
    """Walk `roots` (folders or single files) and hand out what they hold, in no promised order.

    Every regular file that `rules` let pass comes out once, as an absolute path with its symlinks
    resolved, however often and by whichever spelling the roots name it. The names of one file with
    hard links become one `PhotoFile`, whose path is the smallest name by bytes. A folder named as a
    root is walked even if its name is hidden or excluded (a single file may be excluded), and a
    root inside another one is walked as itself. A root may be a symlink; symlinks below the roots
    are ignored, as are devices, pipes and sockets. Trouble below the roots is a `Skipped`, with one
    of these codes:

    - "vanished": it went away during the walk;
    - "unreadable", "unreadable-folder": the system refused to say what it is, or to list it;
    - "same-folder": a folder already walked under another name (a bind mount, say);
    - "online-only": a placeholder whose content is in the cloud.

    What may be a photo carries its companions (see `companions`), even those that `rules` keep out;
    the others come out as files of their own beside.

    An exclude glob without a slash is matched, case and all, against names; one with a slash inside
    against the path below the root, and "**/" in front matches at any depth. "*" also matches
    slashes. What matches goes with all that it holds; "name/" and "name/**" match folders only.

    Cost: one `stat` per name. Memory grows with the number of folders, of files with hard links
    (which are handed out last) and of those in one folder (handed out together).

    Raises:
        UsageError: at once, if there are no roots, or one does not exist or cannot be read.
    """
    return _Walk(_resolve(roots), rules).run()


def _resolve(roots: Sequence[str]) -> dict[str, os.stat_result]:
    """The roots by their real path, sorted, so that the order in which they were named is gone."""
    if not all(roots) or not roots:
        raise UsageError("no folder to walk was named", hint='"." is the current one')
    resolved = dict(_resolve_one(root) for root in roots)
    return dict(sorted(resolved.items(), key=lambda root: os.fsencode(root[0])))


def _resolve_one(root: str) -> tuple[str, os.stat_result]:
    try:
        status = os.stat(root)
        path = os.path.realpath(root, strict=True)
        if stat.S_ISDIR(status.st_mode):
            os.scandir(path).close()
    except FileNotFoundError as error:
        raise UsageError(f"{root!r} does not exist", hint=_nearest(root)) from error
    except OSError as error:
        raise UsageError(f"{root!r} cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a NUL, or a character that no file name can hold
        raise UsageError(f"{root!r} cannot be a path: {error}") from error
    if not (stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode)):
        raise UsageError(f"{root!r} is neither a folder nor a file")
    return path, status


def _nearest(missing: str) -> str:
    """How far the path to `missing` does exist: where the typing error is."""
    path = os.path.abspath(missing)
    while not os.path.exists(parent := dirname(path)):
        path = parent
    if os.path.islink(path):
        return f"{path!r} is a symlink to something that is not there"
    return f"{parent!r} exists, but there is no {basename(path)!r} in it"


class _Folder(NamedTuple):
    path: str
    identity: _Identity
    root_length: int  # path[root_length:] is the path below the root, with its slash


class _Walk:
    """One walk: the folders still to list, and what must be remembered to see everything once."""

    def __init__(self, roots: dict[str, os.stat_result], rules: WalkRules) -> None:
        self._roots = roots
        self._rules = rules
        self._excludes = _Excludes(rules.exclude)
        self._pending: list[_Folder] = []
        self._walked: dict[_Identity, str] = {}
        self._single_files: set[Stamp] = set()
        self._linked: defaultdict[tuple[int, ...], list[PhotoFile]] = defaultdict(list)

    def run(self) -> Iterator[PhotoFile | Skipped]:
        yield from self._start()
        while self._pending:
            yield from self._list(self._pending.pop())
        for names in self._linked.values():
            yield _merge(names)

    def _start(self) -> Iterator[PhotoFile | Skipped]:
        folders = []
        files: list[PhotoFile] = []
        for path, status in self._roots.items():
            if stat.S_ISDIR(status.st_mode):
                folders.append(_Folder(path, _identity(status), len(path.rstrip("/"))))
                continue
            name = basename(path)
            if not self._excludes.match(name, f"/{name}"):
                yield from self._seen(path, status, files)
        beside = {folder: _companions_in(folder) for folder in {dirname(f.path) for f in files}}
        for file in files:
            yield from self._once(with_companions(file, beside[dirname(file.path)]))
            self._single_files.add(file.stamp)
        yield from self._enter(folders)

    def _enter(self, folders: list[_Folder]) -> Iterator[Skipped]:
        """Plan the walk of these folders; each is walked under the first of its names."""
        # Sorted, since which name that is must not depend on the order of a listing.
        for folder in sorted(folders, key=lambda folder: os.fsencode(folder.path)):
            walked_as = self._walked.setdefault(folder.identity, folder.path)
            if walked_as == folder.path:
                self._pending.append(folder)
            else:
                reason = f"it is the folder {walked_as!r} under another name"
                yield Skipped(folder.path, "discover", "same-folder", reason)

    def _list(self, folder: _Folder) -> Iterator[PhotoFile | Skipped]:
        subfolders: list[_Folder] = []
        files: list[PhotoFile] = []
        names: list[str] = []
        try:
            with os.scandir(folder.path) as entries:
                for entry in entries:
                    if _is_file(entry):
                        names.append(entry.name)
                    yield from self._entry(entry, folder.root_length, files, subfolders)
        except OSError as error:
            yield _skipped(folder.path, "unreadable-folder", error)
        companions = companions_in(folder.path, names)
        for file in files:
            yield from self._once(with_companions(file, companions))
        yield from self._enter(subfolders)

    def _entry(
        self, entry: _Entry, root_length: int, files: list[PhotoFile], subfolders: list[_Folder]
    ) -> Iterator[Skipped]:
        name, path = entry.name, entry.path
        below = path[root_length:]
        if path in self._roots or self._excludes.match(name, below):
            return
        if name.startswith(".") and not self._rules.hidden:
            return
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError as error:
            yield _skipped(path, "unreadable", error)
            return
        if stat.S_ISREG(status.st_mode):
            yield from self._seen(path, status, files)
        elif stat.S_ISDIR(status.st_mode) and self._wants_folder(name, below):
            subfolders.append(_Folder(path, _identity(status), root_length))

    def _wants_folder(self, name: str, below: str) -> bool:
        if self._excludes.match(f"{name}/", f"{below}/"):
            return False
        return self._rules.hidden or not _is_system_folder(name)

    def _seen(self, path: str, status: os.stat_result, files: list[PhotoFile]) -> Iterator[Skipped]:
        if status.st_size < self._rules.min_size:
            return
        if getattr(status, "st_flags", 0) & SF_DATALESS:
            yield Skipped(path, "discover", "online-only", "its content is not on this disk")
            return
        files.append(PhotoFile(path, _stamp(status), link_count=status.st_nlink))

    def _once(self, file: PhotoFile) -> Iterator[PhotoFile]:
        stamp = file.stamp
        if file.link_count > 1:
            # Without ctime: a link added during the walk changes it, and the file is still one.
            self._linked[stamp.device, stamp.inode, stamp.size, stamp.mtime_ns].append(file)
        elif stamp not in self._single_files:  # else a root, in another spelling
            yield file


class _Excludes:
    """The user's globs, compiled once: those for names and those for paths below the root."""

    def __init__(self, globs: Sequence[str]) -> None:
        paths = [glob for glob in globs if "/" in glob.rstrip("/")]
        self._name = _any_of(glob for glob in globs if glob not in paths)
        self._path = _any_of(
            glob if glob.startswith(("/", "**/")) else f"/{glob}" for glob in paths
        )

    def match(self, name: str, below: str) -> bool:
        """Whether a glob covers this; a folder has a slash at the end for globs that ask for it."""
        return bool(self._name.match(name) or self._path.match(below))


def _any_of(globs: Iterable[str]) -> re.Pattern[str]:
    nothing = "(?!)"
    return re.compile("|".join(map(fnmatch.translate, globs)) or nothing)


def _is_system_folder(name: str) -> bool:
    lower = name.lower()
    return lower in SYSTEM_FOLDERS or lower.endswith(SYSTEM_SUFFIXES)


def _identity(status: os.stat_result) -> _Identity:
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns


def _stamp(status: os.stat_result) -> Stamp:
    return Stamp(
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    )


def _merge(names: list[PhotoFile]) -> PhotoFile:
    """The names of one physical file as one `PhotoFile`, with what was last seen of it."""
    latest = max(names, key=lambda file: (file.stamp.ctime_ns, file.link_count))
    first, *others = sorted(names, key=lambda file: os.fsencode(file.path))
    links = tuple(file.path for file in others)
    return PhotoFile(first.path, latest.stamp, links, latest.link_count, first.companions)


def _companions_in(folder: str) -> Companions:
    """Those of all photos beside a single file; none if its folder cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            return companions_in(folder, [entry.name for entry in entries if _is_file(entry)])
    except OSError:
        return {}


def _is_file(entry: _Entry) -> bool:
    try:
        return entry.is_file(follow_symlinks=False)
    except OSError:  # the system must be asked, where a listing does not say it
        return False


def _skipped(path: str, code: str, error: OSError) -> Skipped:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Skipped(path, "discover", "vanished", "it went away while the folders were walked")
    return Skipped(path, "discover", code, error.strerror or str(error))
