"""What would be lost with a photo, written beside the one that stays, in a sidecar of its own.

Never into a file that is there: it is made whole under another name, which is then changed if its
own is free. A photo that comes home after all takes it away again.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from blake3 import blake3

from dupfinder.acts.unit import Note, Refused, Witness
from dupfinder.filesystem import Folder
from dupfinder.filesystem.contents import digest, write
from dupfinder.model import Sidecar


def keep(sidecar: Sidecar, keeper: Witness, aside: str, note: Note) -> None:
    """Write the sidecar of a keeper, unless it is there already, and wait for the disk.

    Args:
        aside: a name that nobody else uses.

    Raises:
        Refused: if another file has its name.
        OSError: if the system refuses.
    """
    folder, name = keeper.folder, os.path.basename(sidecar.path)
    if _is_kept(folder, name, sidecar):
        return
    with folder.creating(_temporary(aside)) as descriptor:
        write(descriptor, sidecar.content)
        if hasattr(os, "fchmod"):  # who may read the photo may read what is said of it
            os.fchmod(descriptor, stat.S_IMODE(os.fstat(keeper.descriptor).st_mode))
        os.fsync(descriptor)
        inode = os.fstat(descriptor).st_ino
    told = {"name": name, "inode": inode, "digest": blake3(sidecar.content).hexdigest()}
    note({"op": "sidecar", **told})
    try:
        folder.move(_temporary(aside), folder, name)
    except FileExistsError:
        _is_kept(folder, name, sidecar)
        raise Refused("sidecar", f"{name} has just been made by somebody else") from None
    folder.sync()


def _is_kept(folder: Folder, name: str, sidecar: Sidecar) -> bool:
    """Whether the sidecar is there.

    Raises:
        Refused: if another file has its name.
    """
    if not folder.has(name):
        return False
    with suppress(OSError), folder.reading(name) as descriptor:
        if digest(descriptor) == blake3(sidecar.content).digest():
            return True
    raise Refused("sidecar", f"{name} is there already and holds something else")


def remove_again(records: Sequence[dict[str, Any]], *, is_done: bool) -> None:
    """Remove what was written for a photo: begun, or, if it is not gone, complete.

    A sidecar that was changed since stays. Idempotent.

    Args:
        records: of one photo, beginning with its intent.

    Raises:
        OSError: if the system refuses.
    """
    intent = records[0]
    if intent.get("sidecar") is None:
        return
    where = os.path.dirname(intent["keeper"])
    with suppress(FileNotFoundError, NotADirectoryError), Folder.open(where) as folder:
        temporary = _temporary(intent["members"][0][1])
        if folder.has(temporary):  # where nothing can be written, removing nothing fails as well
            folder.remove(temporary)
        for record in records:
            if record["op"] == "sidecar" and not is_done and _is_ours(folder, record):
                folder.remove(record["name"])
        folder.sync()


def _temporary(aside: str) -> str:
    return aside + "x"


def _is_ours(folder: Folder, record: dict[str, Any]) -> bool:
    """Whether it is the file that was made, as it was made."""
    with suppress(FileNotFoundError):
        status = folder.status(record["name"])
        if stat.S_ISREG(status.st_mode) and status.st_ino == record["inode"]:
            with folder.reading(record["name"]) as descriptor:
                return bool(digest(descriptor).hex() == record["digest"])
    return False
