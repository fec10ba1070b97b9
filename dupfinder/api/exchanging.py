"""Vectors of photos as HDF5 files, for other programs and machines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from dupfinder.api.places import PathLike
from dupfinder.api.searching import means_of, path_of
from dupfinder.model import Exchanged
from dupfinder.settings import Searching, Settings

if TYPE_CHECKING:  # numpy stays out of `dupfinder --help`
    from dupfinder.engines.search_stages import Means
    from dupfinder.protocols import Progress


def export_vectors(  # noqa: PLR0913  # as for a search
    path: PathLike,
    root: PathLike,
    by: str,
    settings: Settings | None = None,
    progress: Progress | None = None,
    *,
    model: PathLike | None = None,
    model_settings: PathLike | None = None,
) -> Exchanged:
    """Write the vectors of all photos below a folder into a new HDF5 file, with their names.

    Args:
        path: of the file; see `storage.hdf5` for what is in it.
        root: the folder; names are below it.
        by: a method that describes by vectors.
        settings, progress, model, model_settings: as for `search`.

    Raises:
        UsageError: if the file is there or cannot be written, the folder does not exist, or the
            method has no vectors.
    """
    searching = Searching(by, model=path_of(model), model_settings=path_of(model_settings))
    with _means(settings, progress, model) as (means, chosen):
        from dupfinder.engines.exchanging import export_vectors as run  # noqa: PLC0415

        return run(_named(path), _named(root), searching, chosen, means)


def import_vectors(  # noqa: PLR0913  # as for a search
    path: PathLike,
    root: PathLike,
    by: str,
    settings: Settings | None = None,
    progress: Progress | None = None,
    *,
    model: PathLike | None = None,
    model_settings: PathLike | None = None,
) -> Exchanged:
    """Take the vectors of photos below a folder from an HDF5 file into the store of searches.

    Args:
        all: as for `export_vectors`.

    Raises:
        UsageError: if the file is not sound, was made by another method or version, or names no
            photo of the folder. Nothing is taken then.
    """
    searching = Searching(by, model=path_of(model), model_settings=path_of(model_settings))
    with _means(settings, progress, model) as (means, chosen):
        from dupfinder.engines.exchanging import import_vectors as run  # noqa: PLC0415

        return run(_named(path), _named(root), searching, chosen, means)


@contextmanager
def _means(
    settings: Settings | None, progress: Progress | None, model: PathLike | None
) -> Iterator[tuple[Means, Settings]]:
    chosen = replace(settings or Settings(), level="copies")
    with means_of(chosen, progress, model) as means:
        yield means, chosen


def _named(path: PathLike) -> str:
    return os.path.expanduser(os.fspath(path))
