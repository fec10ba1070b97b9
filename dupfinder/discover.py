"""Roots -> every file below them, each physical file once, seen but not read.

Only `stat` and `readdir` happen here: whether a file is a picture is decided later, by its content.
What is found does not depend on the order of the roots nor on that of the folders' listings.
"""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from os.path import basename, dirname
from typing import NamedTuple, TypeAlias

from dupfinder.companions import Companions, companions_in, with_companions
from dupfinder.decode.sniff import claims_to_be_a_picture
from dupfinder.entries import status_of
from dupfinder.exclusions import Exclusions, in_icloud, is_online_only, is_system_folder
from dupfinder.model import PhotoFile, Skipped, Stamp
from dupfinder.roots import is_gone, told_apart, vanished
from dupfinder.settings import WalkRules

# Device, inode, mtime, ctime. Some network drives give one inode to all their folders; with the
# times beside it, two folders are taken for one only where everything agrees.
_Identity: TypeAlias = tuple[int, int, int, int]
_Entry: TypeAlias = "os.DirEntry[str]"

_IN_THE_CLOUD = "its content is in the cloud; --online-only include downloads and compares it"
_IN_ICLOUD = "its content is in iCloud: download it in the Finder, or open it once"


def discover(
    roots: Sequence[str],
    rules: WalkRules,
    references: Sequence[str] = (),
    entered: list[str] | None = None,
) -> Iterator[PhotoFile | Skipped]:
    """Walk `roots` (folders or single files) and hand out what they hold, in no promised order.

    Every regular file that `rules` let pass comes out once, as an absolute path with its symlinks
    resolved, however often and by whichever spelling the roots name it. The names of one file with
    hard links become one `PhotoFile`, whose path is the smallest name by bytes. A folder named as a
    root is walked even if its name is hidden or excluded (a single file may be excluded), and a
    root inside another one is walked as itself. A root may be a symlink; symlinks below the roots
    are ignored, as are devices, pipes and sockets. Trouble below the roots is a `Skipped`, with one
    of these codes:

    - "vanished": it went away during the walk;
    - "root-vanished": this root did, and what had not been found of it by then is not told of;
    - "unreadable", "unreadable-folder": the system refused to say what it is, or to list it;
    - "same-folder", "same-file": already met under another name (a bind mount, say);
    - "online-only": named like a picture, and its content is in the cloud.

    What may be a photo carries its companions (see `companions`), even those that `rules` keep out;
    the others come out as files of their own beside.

    An exclude glob without a slash is matched, case and all, against names; one with a slash inside
    against the path below the root, and "**/" in front matches at any depth. "*" also matches
    slashes. What matches goes with all that it holds; "name/" and "name/**" match folders only.
    What lies below one of the `references` comes out in the same way, marked with it. The deepest
    of roots and references decides; what is reached by several names lies in a reference if one of
    them does.

    Each folder is added to `entered` before it is listed. Cost: one `stat` per name. Memory grows
    with the number of folders, of files with hard links (handed out last) and of those in one.

    Raises:
        UsageError: at once, if there are no roots, one does not exist or cannot be read, or is a
            reference as well.
    """
    return _Walk(*told_apart(roots, references), rules, entered).run()


class _Folder(NamedTuple):
    path: str
    identity: _Identity
    root_length: int  # path[root_length:] is the path below the root, with its slash
    reference: str | None

    @property
    def root(self) -> str:
        return self.path[: self.root_length] or "/"


class _Walk:
    """One walk: the folders still to list, and what must be remembered to see everything once."""

    def __init__(
        self,
        roots: dict[str, os.stat_result],
        references: dict[str, os.stat_result],
        rules: WalkRules,
        entered: list[str] | None,
    ) -> None:
        self._entered = [] if entered is None else entered
        self._roots = roots
        self._references = references
        self._rules = rules
        self._excludes = Exclusions(rules.exclude)
        self._pending: list[_Folder] = []
        self._walked: dict[_Identity, str] = {}
        self._gone: set[str] = set()
        self._named_files: set[str] = set()
        self._seen_as: dict[Stamp, str] = {}
        self._linked: defaultdict[tuple[int, ...], list[PhotoFile]] = defaultdict(list)

    def run(self) -> Iterator[PhotoFile | Skipped]:
        yield from self._single()
        # First what is only compared with, so that a folder with several names counts as that.
        for folders in (self._folders(self._references, True), self._folders(self._roots, False)):
            yield from self._enter(folders)
            while self._pending:
                folder = self._pending.pop()
                if folder.root not in self._gone:  # each try might wait for a network
                    yield from self._list(folder)
        for names in self._linked.values():
            yield _merge(names)

    def _single(self) -> Iterator[PhotoFile | Skipped]:
        """The roots and references that are files."""
        files: list[PhotoFile] = []
        for path, status in (*self._references.items(), *self._roots.items()):
            name = basename(path)
            if stat.S_ISREG(status.st_mode) and not self._excludes.match(name, f"/{name}"):
                reference = path if path in self._references else None
                yield from self._seen(path, status, reference, files)
        beside = {folder: _companions_in(folder) for folder in {dirname(f.path) for f in files}}
        for file in files:
            self._named_files.add(file.path)
            yield from self._once(with_companions(file, beside[dirname(file.path)]))

    def _folders(self, paths: Mapping[str, os.stat_result], are_references: bool) -> list[_Folder]:
        return [
            _Folder(
                path, _identity(status), len(path.rstrip("/")), path if are_references else None
            )
            for path, status in paths.items()
            if stat.S_ISDIR(status.st_mode)
        ]

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
        self._entered.append(folder.path)
        try:
            with os.scandir(folder.path) as entries:
                for entry in entries:
                    if _is_file(entry):
                        names.append(entry.name)
                    yield from self._entry(entry, folder, files, subfolders)
        except OSError as error:
            yield from self._trouble(folder.path, "unreadable-folder", error, folder)
        if folder.path == folder.root and not names and not subfolders:
            yield from self._emptied(folder.root)
        companions = companions_in(folder.path, names)
        # Sorted, since under which of its names a file is met must not depend on the listing.
        for file in sorted(files, key=lambda file: os.fsencode(file.path)):
            yield from self._once(with_companions(file, companions))
        yield from self._enter(subfolders)

    def _entry(
        self, entry: _Entry, folder: _Folder, files: list[PhotoFile], subfolders: list[_Folder]
    ) -> Iterator[Skipped]:
        name, path = entry.name, entry.path
        below = path[folder.root_length :]
        if path in self._roots or path in self._references or self._excludes.match(name, below):
            return
        stands_for = in_icloud(name)
        if stands_for is not None and _is_file(entry):
            yield from self._stub(path, stands_for, below)
            return
        if name.startswith(".") and not self._rules.hidden:
            return
        try:
            status = status_of(entry, may_open=self._rules.online_only)
        except OSError as error:
            yield from self._trouble(path, "unreadable", error, folder)
            return
        if stat.S_ISREG(status.st_mode):
            yield from self._seen(path, status, folder.reference, files)
        elif stat.S_ISDIR(status.st_mode) and self._wants_folder(name, below):
            subfolders.append(folder._replace(path=path, identity=_identity(status)))

    def _trouble(self, path: str, code: str, error: OSError, folder: _Folder) -> Iterator[Skipped]:
        """Of one name; or once, and instead of all that is left of it, of the root."""
        root = folder.root
        if root in self._gone:
            return
        gone = list(self._emptied(root))
        yield from gone or [_skipped(path, code, error)]

    def _emptied(self, root: str) -> Iterator[Skipped]:
        """Once, if the root is not there any more: of what was mounted an empty folder is left."""
        if root not in self._gone and is_gone(
            root, self._roots.get(root) or self._references[root]
        ):
            self._gone.add(root)
            yield vanished(root, "discover", root)

    def _stub(self, path: str, stands_for: str, below: str) -> Iterator[Skipped]:
        """Of a picture, unless the rules leave that out."""
        original = below.removesuffix(basename(path)) + stands_for
        if claims_to_be_a_picture(stands_for) and not self._excludes.match(stands_for, original):
            yield Skipped(path, "discover", "online-only", _IN_ICLOUD)

    def _wants_folder(self, name: str, below: str) -> bool:
        if self._excludes.match(f"{name}/", f"{below}/"):
            return False
        return self._rules.hidden or not is_system_folder(name)

    def _seen(
        self, path: str, status: os.stat_result, reference: str | None, files: list[PhotoFile]
    ) -> Iterator[Skipped]:
        if status.st_size < self._rules.min_size:
            return
        if is_online_only(status) and not self._rules.online_only:
            if claims_to_be_a_picture(path):
                yield Skipped(path, "discover", "online-only", _IN_THE_CLOUD)
            return
        stamp = _stamp(status)
        files.append(PhotoFile(path, stamp, link_count=status.st_nlink, reference=reference))

    def _once(self, file: PhotoFile) -> Iterator[PhotoFile | Skipped]:
        stamp = file.stamp
        if file.link_count > 1:
            # Without ctime: a link added during the walk changes it, and the file is still one.
            self._linked[stamp.device, stamp.inode, stamp.size, stamp.mtime_ns].append(file)
            return
        seen_as = self._seen_as.setdefault(stamp, file.path)
        if seen_as == file.path:
            yield file
        elif seen_as not in self._named_files:  # else a root, in another spelling
            reason = f"it is the file {seen_as!r} under another name"
            yield Skipped(file.path, "discover", "same-file", reason)


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
    return replace(
        first,
        stamp=latest.stamp,
        links=tuple(file.path for file in others),
        link_count=latest.link_count,
        reference=next((file.reference for file in names if file.reference is not None), None),
    )


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
