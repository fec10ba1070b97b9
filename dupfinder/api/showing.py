"""Photos in, small pictures of them out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from dupfinder.api.finding import workers_of
from dupfinder.settings import Settings

if TYPE_CHECKING:  # numpy stays out of `dupfinder --help`
    from dupfinder.model import Photo, Skipped

Show = Callable[[Iterable["Photo"]], Iterator[tuple["Photo", "bytes | Skipped"]]]

# Pixels of the longer side: enough for a tile of 240 px on a screen of two pixels to one.
THUMBNAIL_SIDE: Final = 480


def thumbnails(
    photos: Iterable[Photo], side: int = THUMBNAIL_SIDE, settings: Settings | None = None
) -> Iterator[tuple[Photo, bytes | Skipped]]:
    """Small pictures of photos, one after the other: WebP in sRGB, upright, without metadata.

    Made by processes of their own, which a hostile file may end or hold up without harm. The order
    depends on the photos alone: by first appearance, those of the same bytes together. Only those
    that are ahead of their turn are held in memory.

    Args:
        photos: of `find`, of a report, or any of them.
        side: pixels that the longer side has at most; what is smaller is not enlarged.
        settings: `max_pixels` and `workers` count.

    Returns:
        Each photo with its picture, or `Skipped` with why it cannot be shown: it changed, is gone,
        or is not decoded.

    Raises:
        EngineError: if the machinery fails; see `dupfinder.errors`.
    """
    with showing(side, settings) as show:
        yield from show(photos)


@contextmanager
def showing(side: int = THUMBNAIL_SIDE, settings: Settings | None = None) -> Iterator[Show]:
    """`thumbnails` for whoever shows photos now and then: the processes stay until the end."""
    # Loaded here so that `import dupfinder` and `dupfinder --help` answer at once.
    from dupfinder.engines.thumbnails import thumbnails as run  # noqa: PLC0415

    settings = settings or Settings()
    with workers_of(settings, at_once=False) as workers:
        yield lambda photos: run(photos, side, settings.max_pixels, workers)
