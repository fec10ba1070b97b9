"""The trash can, as the desktops of Linux know it.

The freedesktop.org Trash specification, version 1.0: the home trash for files of its volume, else
`.Trash/UID` or `.Trash-UID` at the top of theirs. The info file is made first and exclusively,
which reserves the name.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import quote

from dupfinder.acts.places import announced, free_names
from dupfinder.acts.unit import Member, Refused, Unit
from dupfinder.filesystem import Folder
from dupfinder.model import Action

_INFO = ".trashinfo"


def home_trash() -> str:
    """The folder of the home trash, where desktops look for it."""
    data = os.environ.get("XDG_DATA_HOME") or ""
    if not os.path.isabs(data):
        data = os.path.expanduser("~/.local/share")
    return os.path.join(data, "Trash")


class Trash:
    """Moves to the trash can of the file's own volume; there is no other way out."""

    name = "trash"
    done = "moved to the trash"
    only_identical = False
    takes_companions = True

    def __init__(self, home: str, now: Callable[[], datetime] = datetime.now) -> None:
        """`home` is the folder of the home trash."""
        self._home = os.path.realpath(home)
        self.places = (self._home,)
        self._now = now

    def look(self, action: Action) -> None:
        """Raises Refused if there is no trash can on the volume, and none can be made."""
        folder = os.path.dirname(action.photo.path)
        place = _nearest(self._home)
        if os.stat(place).st_dev != os.stat(folder).st_dev:
            top = _top(folder)
            shared, own = os.path.join(top, ".Trash"), os.path.join(top, f".Trash-{os.getuid()}")
            place = own if os.path.isdir(own) else shared if _is_shared_trash(shared) else top
        if not os.access(place, os.W_OK | os.X_OK):
            raise Refused("no-trash", "there is no trash can on this volume, and none can be made")

    def commit(self, unit: Unit) -> None:
        """Move all members into the trash.

        Raises:
            Refused: if there is no trash can for this volume, or it is not safe.
            OSError: if the system refuses.
        """
        trash, top = self._trash_for(unit.folder)
        with (
            Folder.open(trash) as root,
            _inside(root, "info") as info,
            _inside(root, "files") as files,
        ):
            for member in unit.members:
                path = unit.path(member)
                told = path if top is None else os.path.relpath(path, top)
                text = _info_text(told, self._now(), member.aside)
                name = _put(unit, member, info, files, text)
                unit.places.append(os.path.join(files.path, name))
        unit.confirm_kept()

    def _trash_for(self, folder: Folder) -> tuple[str, str | None]:
        """The trash folder, and the top of the volume if its paths are to be relative to that."""
        device = folder.own_status().st_dev
        if os.stat(_nearest(self._home)).st_dev == device:
            with Folder.open(self._home, make=0o700):
                return self._home, None
        top = _top(folder.path)
        shared = os.path.join(top, ".Trash")
        user = str(os.getuid())
        if _is_shared_trash(shared):
            with suppress(Refused):  # then the one of one's own
                return _made(os.path.join(shared, user)), top
        return _made(os.path.join(top, f".Trash-{user}")), top


def _put(unit: Unit, member: Member, info: Folder, files: Folder, text: str) -> str:
    for name in free_names(member.name, spare=len(_INFO)):
        if info.has(name + _INFO) or files.has(name):
            continue
        told = [info.path, name + _INFO, text, member.aside]
        unit.note({**announced(unit, member, files.path, name), "info": told})
        try:
            _tell(info, name + _INFO, text, member.aside)
            unit.folder.move(member.aside, files, name)
        except FileExistsError:  # somebody was faster, be it with the info or with the file
            _forget(info, name + _INFO, text)
            continue
        except OSError as error:
            if error.errno == errno.EXDEV:
                raise Refused("no-trash", "the trash can is on another volume") from None
            raise
        files.sync()
        unit.folder.sync()
        return name
    raise Refused("no-name", "the trash can holds too many files of that name")


def _tell(info: Folder, name: str, text: str, temporary: str) -> None:
    """Make an info file, complete from the first moment and only if the name is free."""
    try:
        with info.creating(temporary) as descriptor:
            rest = memoryview(text.encode("ascii"))
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        info.move(temporary, info, name)
    except FileExistsError:
        info.remove(temporary)
        raise
    info.sync()


def forget_info(record: dict[str, Any]) -> None:
    """Remove the info file of a place, if it still is the one that was written.

    Raises:
        OSError: if the system refuses.
    """
    if record.get("info") is None:
        return
    path, name, text, temporary = record["info"]
    with suppress(FileNotFoundError), Folder.open(path) as folder:
        with suppress(FileNotFoundError):
            folder.remove(temporary)
        _forget(folder, name, text)
        folder.sync()


def _forget(info: Folder, name: str, text: str) -> None:
    """Remove an info file of that text, which names the photo and the run: nobody else's has it."""
    try:
        with info.reading(name) as descriptor:
            is_ours = os.read(descriptor, len(text) + 1) == text.encode("ascii")
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.EINVAL):  # gone, or nothing of ours
            return
        raise
    if is_ours:
        info.remove(name)


def _info_text(path: str, moment: datetime, aside: str) -> str:
    """The specification lets programs write lines of their own, which the others pass over."""
    when = moment.strftime("%Y-%m-%dT%H:%M:%S")
    where = quote(os.fsencode(path), safe="/")
    return f"[Trash Info]\nPath={where}\nDeletionDate={when}\nX-Dupfinder={aside}\n"


def _nearest(path: str) -> str:
    """The folder, or the one above it that is there."""
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def _top(path: str) -> str:
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return path


def _is_shared_trash(path: str) -> bool:
    """Only a real folder with the sticky bit: others could be made by anybody to catch files."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and bool(status.st_mode & stat.S_ISVTX)


def _made(path: str) -> str:
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        status = os.lstat(path)
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            raise Refused("no-trash", f"{path} is no trash can of yours") from None
    except OSError as error:
        reason = f"there is no trash can on this volume, and none can be made: {error.strerror}"
        raise Refused("no-trash", reason) from None
    return path


def _inside(root: Folder, name: str) -> Folder:
    with suppress(FileExistsError):
        root.make(name)
        root.sync()
    return root.below(name)
