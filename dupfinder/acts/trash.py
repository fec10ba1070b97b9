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

from dupfinder.acts.places import free_names
from dupfinder.acts.unit import Member, Refused, Unit
from dupfinder.filesystem import Folder

_INFO = ".trashinfo"
_TEMPORARY_FAULTS = (errno.ENOENT, errno.ENOTDIR)


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
    can_undo = True
    only_identical = False
    takes_companions = True

    def __init__(self, home: str, now: Callable[[], datetime] = datetime.now) -> None:
        """`home` is the folder of the home trash."""
        self._home = home
        self._now = now

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
                text = _info_text(told, self._now())
                name = _put(unit, member, info, files, text)
                unit.places.append(os.path.join(files.path, name))

    def _trash_for(self, folder: Folder) -> tuple[str, str | None]:
        """The trash folder, and the top of the volume if its paths are to be relative to that."""
        device = folder.own_status().st_dev
        above = self._home
        while not os.path.isdir(above):
            above = os.path.dirname(above)
        if os.stat(above).st_dev == device:
            os.makedirs(self._home, 0o700, exist_ok=True)
            return os.path.realpath(self._home), None
        top = _top(folder.path)
        shared = os.path.join(top, ".Trash")
        user = str(os.getuid())
        if _is_shared_trash(shared):
            return _made(os.path.join(shared, user)), top
        return _made(os.path.join(top, f".Trash-{user}")), top


def _put(unit: Unit, member: Member, info: Folder, files: Folder, text: str) -> str:
    for name in free_names(member.name):
        if len(os.fsencode(name + _INFO)) > 255 or info.has(name + _INFO) or files.has(name):
            continue
        record: dict[str, Any] = {"op": "place", "member": member.name, "folder": files.path}
        unit.note({**record, "name": name, "info": [info.path, name + _INFO, text]})
        try:
            with info.creating(name + _INFO) as descriptor:
                os.write(descriptor, text.encode("ascii"))
                os.fsync(descriptor)
        except FileExistsError:
            continue
        info.sync()
        try:
            unit.folder.move(member.aside, files, name)
        except OSError as error:
            with suppress(OSError):
                info.remove(name + _INFO)
            if isinstance(error, FileExistsError):
                continue
            if error.errno == errno.EXDEV:
                raise Refused("no-trash", "the trash can is on another volume") from None
            raise
        files.sync()
        unit.folder.sync()
        return name
    raise Refused("no-name", "the trash can holds too many files of that name")


def forget_info(record: dict[str, Any]) -> None:
    """Remove the info file of a place, if it still is the one that was written."""
    if "info" not in record:
        return
    path, name, text = record["info"]
    try:
        with Folder.open(path) as folder:
            with folder.reading(name) as descriptor:
                same = os.read(descriptor, len(text) + 1) == text.encode("ascii")
            if same:
                folder.remove(name)
                folder.sync()
    except OSError as error:
        if error.errno not in _TEMPORARY_FAULTS:
            raise


def _info_text(path: str, moment: datetime) -> str:
    when = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"[Trash Info]\nPath={quote(os.fsencode(path), safe='/')}\nDeletionDate={when}\n"


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
    return root.below(name)
