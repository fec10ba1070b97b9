"""Search by image: a query in, the photos that look like it out. Reads only."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from dupfinder.api.finding import Silent, expanded, workers_of
from dupfinder.api.places import PathLike, cache_path, rows_path, vectors_path
from dupfinder.errors import UsageError
from dupfinder.model import Evaluation, Searched
from dupfinder.settings import ASKING_MODELS, EVALUATED, Searching, Settings

if TYPE_CHECKING:  # numpy stays out of `dupfinder --help`
    from dupfinder.engines.search_stages import Means
    from dupfinder.protocols import Progress, VectorStore

# A model while it is loaded: the file, what the runtime reads from it, its values, and these once
# more in the order in which they are multiplied.
_COPIES = 4


def search(  # noqa: PLR0913  # what is mostly wanted has a name of its own
    query: PathLike | Sequence[PathLike],
    roots: PathLike | Sequence[PathLike],
    settings: Settings | None = None,
    progress: Progress | None = None,
    *,
    by: str = "graded",
    top: int = 10,
    verify: bool = True,
    index: str = "exact",
    model: PathLike | None = None,
    model_settings: PathLike | None = None,
    labels: PathLike | None = None,
) -> Searched:
    """Find the photos below `roots` that look most like a query. Reads only, prints nothing.

    The library is read as `find` reads it, at level "copies", into the same cache. What the photos
    look like is kept beside that.

    Args:
        query, roots: a picture or folder, or several; `~` is the home folder.
        settings: what to change from the defaults, but for the level.
        progress: told how far the search is.
        by, top, verify, index, model, model_settings, labels: see `settings.Searching`.

    Raises:
        UsageError: if a path does not exist, no query can be read, a model cannot be used, or a
            setting makes no sense.
        StoreError: if the server of `settings.store` cannot be used.
    """
    files = map(path_of, (model, model_settings, labels))
    searching = Searching(by, top, verify, index, *files)
    settings = replace(settings or Settings(), level="copies")
    with means_of(settings, progress, model) as means:
        from dupfinder.engines.search import search as run  # noqa: PLC0415

        return run(expanded(query), expanded(roots), searching, settings, means)


def evaluate(  # noqa: PLR0913  # as for a search
    targets: Mapping[PathLike, Iterable[PathLike]],
    roots: PathLike | Sequence[PathLike],
    methods: Sequence[str],
    settings: Settings | None = None,
    progress: Progress | None = None,
    *,
    index: str = "exact",
    model: PathLike | None = None,
    model_settings: PathLike | None = None,
) -> tuple[Evaluation, ...]:
    """Compare methods on your own photos: how well each finds the targets of each query.

    Args:
        targets: for each query the photos below `roots` that it should find, at least one.
        roots, settings, progress: as for `search`.
        methods: their names, of `settings.SEARCHES`.
        index, model, model_settings: see `settings.Searching`; what is not exact is compared with
            what is, and a model is for the methods that ask one.

    Raises:
        UsageError: if a path does not exist, a query or model cannot be read, or a name is unknown.
    """
    settings = replace(settings or Settings(), level="copies")
    files = tuple(map(path_of, (model, model_settings)))
    searchings = [_measured(by, index, *files) for by in methods]
    if model is not None and not any(each.model for each in searchings):
        raise UsageError(f"none of the methods asks a model: {', '.join(methods)}")
    asked = {_real(query): frozenset(map(_real, wanted)) for query, wanted in targets.items()}
    if not asked or not all(asked.values()):
        raise UsageError("each query needs a photo that it should find")
    with means_of(settings, progress, model) as means:
        from dupfinder.engines.evaluating import evaluate as run  # noqa: PLC0415

        return run(asked, expanded(roots), searchings, settings, means)


@contextmanager
def means_of(
    settings: Settings, progress: Progress | None, model: PathLike | None
) -> Iterator[Means]:
    """What a search works with, closed at the end."""
    path = cache_path(settings.cache) if settings.use_cache else None
    kept, rows = (None, None) if path is None else (vectors_path(path), rows_path(path))
    further = 0 if model is None else _COPIES * _bytes_of(model)
    with workers_of(settings, at_once=path is None, further=further) as workers:
        # Loaded here so that `import dupfinder` and `dupfinder --help` answer at once.
        from dupfinder.engines.methods import method  # noqa: PLC0415
        from dupfinder.engines.search_stages import Means  # noqa: PLC0415
        from dupfinder.storage import open_cache  # noqa: PLC0415
        from dupfinder.storage.rowfiles import open_rowfiles  # noqa: PLC0415

        name = method(settings.hasher, settings.level)
        store = _store(settings.store or kept)
        with store as vectors, open_rowfiles(rows) as files, open_cache(path, name) as cache:
            yield Means(cache, vectors, files, workers, progress or Silent())


def _store(named: str | None) -> AbstractContextManager[VectorStore]:
    """The store in a file or on a server, or one that is gone at the end."""
    from dupfinder.storage.servers import is_url, open_server  # noqa: PLC0415
    from dupfinder.storage.vectors import open_vectors  # noqa: PLC0415

    if named is not None and is_url(named):
        return open_server(named)
    return open_vectors(None if named is None else os.path.expanduser(named))


def _bytes_of(model: PathLike) -> int:
    """Of a file that cannot be looked at there is more to say when it is read."""
    try:
        return os.path.getsize(os.path.expanduser(os.fspath(model)))
    except OSError:
        return 0


def _measured(by: str, index: str, model: str | None, model_settings: str | None) -> Searching:
    """How a method is measured; what asks no model is not told of one."""
    files = (model, model_settings) if by in ASKING_MODELS else (None, None)
    return Searching(by, EVALUATED + 1, False, index, *files)  # the query itself does not count


def path_of(path: PathLike | None) -> str | None:
    """As a string, if there is one."""
    return None if path is None else os.fspath(path)


def _real(path: PathLike) -> str:
    """As photos are known by.

    Raises:
        UsageError: if there is no such file.
    """
    name = os.path.expanduser(os.fspath(path))
    if not os.path.isfile(name):
        raise UsageError(f"{name!r} is no file")
    return os.path.realpath(name)
