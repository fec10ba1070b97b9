"""Vectors out of the store into a file for other programs, and from such a file into the store."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from dupfinder.engines.bulk import thawed
from dupfinder.engines.search_stages import Means, Run
from dupfinder.engines.shelf import Shelf
from dupfinder.errors import UsageError
from dupfinder.model import Exchanged
from dupfinder.searchers import SEARCHERS
from dupfinder.settings import Searching, Settings
from dupfinder.storage import Listed
from dupfinder.storage.hdf5 import About, Some, VectorsFile, open_vectors_file, write_vectors

_TOGETHER = 1_024  # rows that are written at a time


@thawed()
def export_vectors(
    path: str, root: str, searching: Searching, settings: Settings, means: Means
) -> Exchanged:
    """Write the vectors of all photos below a folder; what is not described yet is.

    Raises:
        UsageError: see `storage.hdf5.write_vectors`; or if what the method describes is no vector.
    """
    by = searching.by
    run, root = _run(root, searching, settings, means), os.path.realpath(root)
    if os.path.lexists(path):
        raise UsageError(f"{path!r} is there already, and is left as it is")
    library = run.shelf([root])
    failed = run.describe(library, [])
    photos = [each for each in library.photos if each.digest not in failed]
    photos.sort(key=lambda each: os.fsencode(each.path))
    about = About(by, run.describing.key(by), _length(run, by, library))
    written = write_vectors(path, about, _rows(run, by, root, photos))
    lost = [*library.stock.skipped, *library.failed(failed)]
    return Exchanged(path, by, written, tuple(lost), run.notes())


def _rows(run: Run, by: str, root: str, photos: list[Listed]) -> Iterator[Some]:
    for at in range(0, len(photos), _TOGETHER):
        some = photos[at : at + _TOGETHER]
        packed = run.describing.of(by, {each.digest for each in some})
        some = [each for each in some if each.digest in packed]
        vectors = [np.frombuffer(packed[each.digest], "<f4") for each in some]
        names = [_name(each.path, root) for each in some]
        if some:
            yield Some(names, np.array(vectors, np.float32), [each.digest for each in some])


@thawed()
def import_vectors(
    path: str, root: str, searching: Searching, settings: Settings, means: Means
) -> Exchanged:
    """Take the vectors of a file for photos below a folder that it names.

    Nothing is taken unless all of the file is sound. With digests of contents, a photo must have
    the one that the file says; without, its name is believed.

    Raises:
        UsageError: if the file cannot be read, is not sound, was made by another method or version,
            or names no photo of the folder.
    """
    by = searching.by
    run, root = _run(root, searching, settings, means), os.path.realpath(root)
    with open_vectors_file(path) as file:
        for _ in file.rows():
            pass  # all of it is looked at before anything is taken
        library = run.shelf([root])
        _expect(file, About(by, run.describing.key(by), _length(run, by, library)), path)
        digests = {_name(each.path, root): each.digest for each in library.photos}
        taken, missing = 0, []
        for some in file.rows():
            for at, name in enumerate(some.names):
                digest = digests.get(name)
                if digest is None or (some.digests is not None and some.digests[at] != digest):
                    missing.append(name)
                    continue
                packed = some.features[at].astype("<f4").tobytes()
                run.describing.add(digest, {by: packed})
                taken += 1
    if not taken:
        raise UsageError(f"{path!r} names no photo below {root!r} that is as it was")
    notes = (*_left(path, missing), *run.notes())
    return Exchanged(path, by, taken, library.stock.skipped, notes)


def _expect(file: VectorsFile, expected: About, path: str) -> None:
    if file.about == expected:
        return
    if file.about.method != expected.method:
        why = f"they are by {file.about.method!r}, not {expected.method!r}"
    elif file.about.length != expected.length:
        why = f"they have {file.about.length:,} entries, not {expected.length:,}"
    else:
        why = f"they were made by {file.about.signature!r}, here it is {expected.signature!r}"
    raise UsageError(f"the vectors in {path!r} cannot be compared with those here: {why}")


def _left(path: str, missing: list[bytes]) -> tuple[str, ...]:
    if not missing:
        return ()
    first = os.fsdecode(missing[0])
    count = f"{len(missing):,} photo" + "s" * (len(missing) > 1)
    return (f"{path!r} names {count} that are not there or have changed, the first {first!r}",)


def _run(root: str, searching: Searching, settings: Settings, means: Means) -> Run:
    vectors = (*(name for name in SEARCHERS if "lsh" in SEARCHERS[name].indexes), "model")
    if searching.by not in vectors:
        raise UsageError(
            f"what {searching.by} describes is no vector",
            hint=f"--by one of: {', '.join(vectors)}",
        )
    run = Run((root,), searching, settings, means)
    run.try_model()
    return run


def _length(run: Run, by: str, library: Shelf) -> int:
    """Of the vectors by this method, as that of the first photo that has one tells."""
    for digest in library.photos.digests:
        run.describing.fill(run.describing.missing({digest}), library.file)
        for packed in run.describing.of(by, [digest]).values():
            return len(packed) // 4
    raise UsageError("no photo below the folder could be described")


def _name(path: str, root: str) -> bytes:
    """As files name a photo: below the folder, with slashes."""
    return os.fsencode(os.path.relpath(path, root).replace(os.sep, "/"))
