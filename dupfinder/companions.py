"""The names in one folder -> which files belong to which photo.

Pure, and by names alone: endings in any case, what stands before them letter by letter. Files that
only look like a pair are taken for one, since what is taken for one is never parted. It is cheap
enough to be asked again in the moment of acting, with the names that the folder holds then.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import blake2s
from typing import Final, TypeAlias

from dupfinder.model import Companion, PhotoFile

# What may have companions. A RAW is one itself where a picture has the same name.
PICTURES: Final = frozenset(
    """
    .jpg .jpeg .jpe .jfif .mpo .png .apng .gif .webp .tif .tiff .bmp .dib .pbm .pgm .ppm .pnm .pam
    .jp2 .j2k .jpf .jpx .jxl .avif .heic .heif .hif .psd
    """.split()  # noqa: SIM905  # a table reads better than 50 quoted lines
)
RAWS: Final = frozenset(
    """
    .dng .cr2 .cr3 .nef .nrw .arw .srf .sr2 .orf .rw2 .raf .pef .srw .x3f .raw .rwl .iiq .3fr .erf
    .mef .mos .mrw .dcr .kdc
    """.split()  # noqa: SIM905
)
# `.mp` and `.mv` are what Google Takeout calls the movie of a motion photo.
_MOVIES: Final = frozenset({".mov", ".mp4", ".m4v", ".avi", ".3gp", ".mp", ".mv"})
_SIDECARS: Final = frozenset({".xmp", ".aae", ".thm", ".dop", ".pp3", ".json"})

# iCloud Photos Downloader calls the movie of IMG_1.HEIC IMG_1_HEVC.MOV.
_DOWNLOADED: Final = "_HEVC"
# darktable keeps further versions of IMG_1.JPG in IMG_1_01.JPG.xmp, IMG_1_02.JPG.xmp and so on.
_VERSION: Final = re.compile(r"(.+)_\d\d", re.DOTALL)
# Apple: IMG_1.AAE holds the edits that lead from IMG_1.HEIC to IMG_E1.JPG, IMG_O1.AAE those that
# the camera made when it took IMG_1.HEIC.
_SHOT: Final = re.compile(r"(.{4})O?(\d.*)", re.DOTALL)
# Google Takeout: NAME.supplemental-metadata.json, formerly NAME.json. What stands before `.json` is
# cut after 46 characters, or a few more; a number goes to the end: IMG_1.JPG(1).json.
_TAIL: Final = "supplemental-metadata"
_CUT: Final = range(45, 52)
_NUMBERED: Final = re.compile(r"(.+)(\(\d+\))", re.DOTALL)


# The companions of each photo of a folder, by the photo's name.
Companions: TypeAlias = dict[str, tuple[Companion, ...]]


def companions_in(folder: str, names: Iterable[str]) -> Companions:
    """The companions of each photo that has any.

    Whatever has the ending of a picture may be a photo. `names` are those of the regular files.

    A sidecar of a RAW or a movie that belongs to a photo belongs to the photo. A file has one photo
    or, where several fit its name equally well (IMG_1.xmp beside IMG_1.HEIC and IMG_1.JPG), it is
    shared: all of them have it, as content and with a `kind` ("xmp-shared-" and a digest of its
    path) that no other companion has, so that none of them is parted from it.
    """
    found: dict[str, list[Companion]] = defaultdict(list)
    for name, kind, is_content, photos in _Listing(names).belongings():
        path = os.path.join(folder, name)
        companion = Companion(path, kind, is_content)
        if len(photos) > 1:
            companion = _shared(companion)
        for photo in photos:
            found[photo].append(companion)
    return {
        photo: tuple(sorted(each, key=lambda companion: os.fsencode(companion.path)))
        for photo, each in found.items()
    }


def could_be(photo: str, companions: Sequence[Companion]) -> bool:
    """Whether names can have led from a photo's path to these companions.

    For what was read from a file that anybody may have written: a companion goes with its photo.
    """
    folder, name = os.path.split(photo)
    names = {name, *(os.path.basename(companion.path) for companion in companions)}
    alone = companions_in(folder, names).get(name, ())
    return len(alone) == len(companions) and all(
        given in (each, _shared(each)) for given, each in zip(companions, alone, strict=True)
    )


def with_companions(file: PhotoFile, companions: Companions) -> PhotoFile:
    """The file with those of its name, if there are any."""
    own = companions.get(os.path.basename(file.path)) if companions else None
    return file if own is None else replace(file, companions=own)


def _shared(companion: Companion) -> Companion:
    digest = blake2s(os.fsencode(companion.path), digest_size=6).hexdigest()
    return Companion(companion.path, f"{companion.kind}-shared-{digest}", is_content=True)


class _Listing:
    """The names of a folder, sorted into photos and what may belong to them.

    Look-ups give the photos that a name leads to, and None if it leads nowhere: a sidecar of a
    movie that is alone is known to be no photo's.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._named: defaultdict[str, list[str]] = defaultdict(list)  # endings in lower case
        self._photos: defaultdict[str, list[str]] = defaultdict(list)  # by what precedes the ending
        self._raws: list[str] = []
        self._movies: list[str] = []
        self._sidecars: list[str] = []
        for name in names:
            stem, ending = _split(name)
            if ending in _SIDECARS:
                self._sidecars.append(name)
                continue
            if ending in PICTURES:
                self._photos[stem].append(name)
            elif ending in RAWS:
                self._raws.append(name)
            elif ending in _MOVIES:
                self._movies.append(name)
            else:
                continue
            self._named[stem + ending].append(name)
        alone = {name for name in self._raws if _split(name)[0] not in self._photos}
        for name in sorted(alone):
            self._photos[_split(name)[0]].append(name)
        self._raws = [name for name in self._raws if name not in alone]

    def belongings(self) -> Iterator[tuple[str, str, bool, list[str]]]:
        """Name and kind of every file that belongs to photos, whether it is content, and whose."""
        for kind, names in (("raw", self._raws), ("movie", self._movies)):
            for name in names:
                if photos := self._of_content(name):
                    yield name, kind, True, photos
        for name in self._sidecars:
            stem, ending = _split(name)
            find = self._of_takeout if ending == ".json" else self._of_sidecar
            if (photos := find(stem, ending)) is None:
                photos = self._photos.get(stem)
                # IMG_1.json may be of an early Takeout, and may be anything else.
                is_unsure = ending == ".json"
            else:
                is_unsure = False
            if photos:
                yield name, ending[1:], is_unsure, photos

    def _of_content(self, name: str) -> list[str] | None:
        """The photos of a RAW or movie."""
        stem, ending = _split(name)
        photos = self._photos.get(stem)
        if photos is None and ending in (".mp", ".mv"):  # PXL_1.MP beside PXL_1.MP.jpg
            photos = self._photos.get(name)
        if photos is None and ending in _MOVIES and stem.endswith(_DOWNLOADED):
            photos = self._photos.get(stem.removesuffix(_DOWNLOADED))
        return photos

    def _of_file(self, name: str) -> list[str] | None:
        """The photo that has this name, or those to which the file of this name belongs."""
        stem, ending = _split(name)
        named = self._named.get(stem + ending)
        if named is None:
            return None
        if name in named:
            named = [name]
        if ending in PICTURES:
            return named
        photos = self._of_content(name) or []
        return [each for each in named if each in photos] or photos

    def _of_sidecar(self, stem: str, ending: str) -> list[str] | None:
        photos = self._of_file(stem)
        if photos is None and ending == ".xmp":
            target, kind = os.path.splitext(stem)
            version = _VERSION.fullmatch(target)
            return self._of_file(version[1] + kind) if version else None
        if photos is None and ending == ".aae" and stem not in self._photos:
            return self._of_apple(stem)
        return photos

    def _of_apple(self, stem: str) -> list[str] | None:
        """The original, or the edited picture where that is alone."""
        shot = _SHOT.fullmatch(stem)
        if shot is None:
            return None
        original = self._photos.get(shot[1] + shot[2])
        return original or self._photos.get(f"{shot[1]}E{shot[2]}")

    def _of_takeout(self, stem: str, _: str) -> list[str] | None:
        """The photo that Google Takeout wrote the JSON file of that name for."""
        spellings = [(stem, "")]
        if numbered := _NUMBERED.fullmatch(stem):
            spellings.append((numbered[1], numbered[2]))
        for title, number in spellings:
            for whole in _titles(title):
                photo, ending = os.path.splitext(whole)
                if (photos := self._of_file(photo + number + ending)) is not None:
                    return photos
        title, number = spellings[-1]
        return self._beginning(_titles(title)[-1], number) if len(title) in _CUT else None

    def _beginning(self, start: str, number: str) -> list[str] | None:
        """The photos with this number whose names begin like this without it."""
        names = self._numbered.get(number, [])
        first = bisect_left(names, (start,))
        last = first
        while last < len(names) and names[last][0].startswith(start):
            last += 1
        return [name for _, name in names[first:last]] or None

    @cached_property
    def _numbered(self) -> dict[str, list[tuple[str, str]]]:
        """All photos by the number before their ending, if any: names without it and whole."""
        names: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for stem, photos in self._photos.items():
            numbered = _NUMBERED.fullmatch(stem)
            plain, number = numbered.groups() if numbered else (stem, "")
            names[number] += [(plain + name[len(stem) :], name) for name in photos]
        return {number: sorted(each) for number, each in names.items()}


def _split(name: str) -> tuple[str, str]:
    """What precedes the ending, and the ending in lower case."""
    stem, ending = os.path.splitext(name)
    return stem, ending.lower()


def _titles(title: str) -> tuple[str, ...]:
    """The name as it is, and without what is left of the tail that Takeout puts behind it."""
    whole, dot, tail = title.rpartition(".")
    return (title, whole) if dot and _TAIL.startswith(tail) else (title,)
