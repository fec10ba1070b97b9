"""Small pictures beside each other in one, as a terminal shows a cluster."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Final

from PIL import Image

_GAP: Final = 6
# Where there is no picture, and between them.
_EMPTY: Final = (128, 128, 128, 255)
_GROUND: Final = (0, 0, 0, 0)


def strip(pictures: Iterable[bytes | None], width: int, height: int) -> tuple[bytes, int]:
    """As many as fit into `width` pixels, in their order, all `height` pixels high; at least one.

    Args:
        pictures: as `engines.thumbnails` makes them; a grey square stands for None.

    Returns:
        A PNG, and how many pixels wide it is.
    """
    tiles: list[Image.Image] = []
    used = 0
    for picture in pictures:
        tile = _tile(picture, width, height)
        if tiles and used + _GAP + tile.width > width:
            break
        used += tile.width + (_GAP if tiles else 0)
        tiles.append(tile)
    row = Image.new("RGBA", (used, height), _GROUND)
    at = 0
    for tile in tiles:
        row.paste(tile, (at, (height - tile.height) // 2))
        at += tile.width + _GAP
    buffer = io.BytesIO()
    row.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue(), used


def _tile(picture: bytes | None, width: int, height: int) -> Image.Image:
    if picture is None:
        return Image.new("RGBA", (height, height), _EMPTY)
    with Image.open(io.BytesIO(picture), formats=("WEBP",)) as image:
        scale = min(height / image.height, width / image.width)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        return image.convert("RGBA").resize(size, Image.Resampling.BOX)
