"""Random little libraries, and what happens to photos between a report and an act."""

from __future__ import annotations

import io
import os
import stat
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

from acting import OLD, attributes, write
from cleaning import commented
from pictures import encoded, scene
from PIL import Image

from dupfinder.model import Metadata
from dupfinder.xmp import packet

FOLDERS = ("a", "a/deep", "a/b b", "ab", "c\nd", "\udcff", "album")
NAMES = ("IMG_1", "IMG_2", "IMG_10", "-rf", "q'\"", "\x1b[31m")
RULES = (
    "in:{0}/album", "not-in:{0}/a", "name:*1*", "most-pixels", "largest", "smallest", "oldest",
    "newest", "original-format", "shortest-path", "least-compressed", "most-metadata",
)  # fmt: skip
RELATIONS = ("identical", "same_pixels", "copy", "part")

Entry = tuple[Any, ...]  # mode, inode, links, size, modified, changed; attributes and content


@cache
def versions(number: int) -> tuple[tuple[str, bytes], ...]:
    """A picture, the same pixels in other files, and copies that show less of it."""
    picture = Image.fromarray(scene(number, 160, 112))
    photo = encoded(picture, "JPEG", quality=92)
    png = encoded(Image.open(io.BytesIO(photo)), "PNG")
    small = encoded(picture.resize((120, 84)), "JPEG", quality=90)
    rated = encoded(picture, "JPEG", quality=92, xmp=packet(Metadata(rating=number % 5 + 1)))
    return (
        (".jpg", photo), (".jpg", photo), (".JPG", photo), (".jpg", commented(photo)),
        (".jpg", rated), (".png", png), (".jpg", small),
        (".jpg", encoded(picture, "JPEG", quality=60)),
    )  # fmt: skip


@dataclass
class Library:
    """Random photos in a few roots, and how `clean` is asked about them."""

    top: str
    chance: Random
    far: str = ""  # a folder on another volume, for one of the roots
    photos: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.main = self.path("photos")
        count = self.chance.choice((1, 1, 2, 3))
        self.roots = [self.main, *(self.path(f"more {n}") for n in range(1, count))]
        if self.often(0.2) and self.far:
            self.roots.append(os.path.join(self.far, "far"))
        for _ in range(self.chance.randint(1, 4)):
            self._add_shot(self.chance.randrange(8))
        for folder in (f"{self.main}/album", f"{self.main}/a", *self.roots):  # whatever is in them
            os.makedirs(folder, exist_ok=True)
        for path in self.photos:
            self._decorate(path)

    def path(self, below: str) -> str:
        return os.path.join(self.top, below)

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def everything(self) -> dict[str, Entry]:
        """All that can be known of every entry; a look at it changes nothing of that."""
        found: dict[str, Entry] = {}
        for top in {self.top, self.far} - {""}:
            for folder, folders, files in os.walk(top):
                for name in (*folders, *files, ""):
                    found[os.path.join(folder, name)] = _entry(os.path.join(folder, name))
        return found

    def _add_shot(self, number: int) -> None:
        for ending, data in self.chance.choices(versions(number), k=self.chance.randint(2, 5)):
            folder = f"{self.chance.choice(self.roots)}/{self.chance.choice(FOLDERS)}"
            path = f"{folder}/{self.chance.choice(NAMES)}{ending}"
            if not os.path.lexists(path):
                now = self.often(0.02)
                self.photos.append(write(path, data, OLD + self.chance.getrandbits(50)))
                if now:
                    os.utime(path)

    def _decorate(self, path: str) -> None:
        """Sidecars, movies, further names, links to it."""
        stem = os.path.splitext(path)[0]
        for share, beside in ((0.2, f"{path}.xmp"), (0.1, f"{stem}.xmp"), (0.08, f"{stem}.MOV")):
            if self.often(share) and not os.path.exists(beside):
                write(beside, self.chance.choice((b"one star", b"one star", b"two stars")))
        if self.often(0.08):
            folder = self.chance.choice((self.main, self.path("outside"), f"{self.main}/album"))
            if path.startswith(f"{self.far}/far/"):
                folder = os.path.dirname(path)
            os.makedirs(folder, exist_ok=True)
            os.link(path, f"{folder}/name {self.chance.getrandbits(30)}.jpg")
        if self.often(0.08):
            os.symlink(path, f"{self.main}/link {self.chance.getrandbits(30)}.jpg")
        if self.often(0.3):
            os.setxattr(path, "user.rating", b"5")
        if self.often(0.1):
            os.chmod(path, 0o400)

    def roots_as_said(self) -> list[str]:
        """Perhaps by a link, twice, a folder within another one, or one only to compare with."""
        said = list(self.roots)
        if self.often(0.2):
            os.symlink(self.main, self.path("way"))
            said[0] = self.path("way")
        if self.often(0.2):
            said.append(f"{self.main}/album")
        if self.often(0.1):
            said.append(self.main + "/")
        if self.often(0.3) and len(self.roots) > 1:
            said += ["--against", said.pop(1)]
        return said

    def words(self) -> list[str]:
        """Keep rules, relations and protection."""
        words = []
        if self.often(0.7):
            rules = self.chance.sample(RULES, self.chance.randint(1, 4))
            words.append(f"--keep={','.join(rules).format(self.main)}")
        if self.often(0.6):
            words.append(f"--only={','.join(self.chance.sample(RELATIONS, 3))}")
        if self.often(0.3):
            os.symlink(f"{self.main}/album", self.path("favourites"))
            words.append(f"--protect={self.path('favourites')}")
        if self.often(0.15):
            words.append(f"--protect={os.path.dirname(self.chance.choice(self.photos))}")
        if self.often(0.05):
            words.append(f"--force-library={self.main}")
        if self.often(0.5):
            words.append("--merge-metadata")
        return words


def _entry(path: str) -> Entry:
    status = os.lstat(path)
    own: Entry = (status.st_mode, status.st_ino, status.st_nlink, status.st_size)
    own += (status.st_mtime_ns, status.st_ctime_ns)
    if stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            own += (attributes(path), file.read())
    return own


# What happens between the report and the act: functions of a path and its library.


def is_edited(path: str, _: Library) -> None:
    with open(path, "ab") as file:
        file.write(b"more")


def gets_another_time(path: str, _: Library) -> None:
    os.utime(path, ns=(OLD, OLD - 5))


def is_removed(path: str, _: Library) -> None:
    os.remove(path)


def becomes_a_link(path: str, _: Library) -> None:
    os.rename(path, path + ".moved")
    os.symlink(path + ".moved", path)


def becomes_a_folder(path: str, _: Library) -> None:
    os.remove(path)
    os.mkdir(path)


def gets_another_name(path: str, _: Library) -> None:
    os.link(path, f"{path} (2)")


def gets_another_mode(path: str, _: Library) -> None:
    os.chmod(path, 0o600)


def gets_a_sidecar(path: str, _: Library) -> None:
    write(f"{path}.xmp", b"three stars")


def loses_its_sidecar(path: str, _: Library) -> None:
    if os.path.exists(f"{path}.xmp"):
        os.remove(f"{path}.xmp")


def gets_a_catalogue(path: str, _: Library) -> None:
    write(f"{os.path.dirname(path)}/Holiday.lrcat", b"")


def has_a_folder_that_became_a_link(path: str, library: Library) -> None:
    folder = os.path.dirname(path)
    if folder not in library.roots:
        away = library.path(f"away {library.chance.getrandbits(30)}")
        os.rename(folder, away)
        os.symlink(away, folder)


def has_a_folder_that_cannot_be_written(path: str, _: Library) -> None:
    os.chmod(os.path.dirname(path), 0o555)


def cannot_be_read(path: str, _: Library) -> None:
    os.chmod(path, 0o000)


CHANGES = (
    is_edited, gets_another_time, is_removed, becomes_a_link, becomes_a_folder, gets_another_name,
    gets_another_mode, gets_a_sidecar, loses_its_sidecar, gets_a_catalogue,
    has_a_folder_that_became_a_link, has_a_folder_that_cannot_be_written, cannot_be_read,
)  # fmt: skip


def disturb(library: Library) -> None:
    for path in library.photos:
        if library.often(0.12) and os.path.lexists(path) and not os.path.islink(path):
            library.chance.choice(CHANGES)(path, library)
