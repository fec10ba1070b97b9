"""The sheet of paper: text in the one font that Pillow brings, pictures, outlines and lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import cycle, pairwise
from math import ceil
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from dupfinder.reports.names import shorten

Points = NDArray[np.float64]  # (N, 2): x, y

TEXT: Final = 17  # pixels
TITLE: Final = 24
LINE: Final = 24  # from one line of text to the next

_INK: Final = (32, 32, 32)
_GREY: Final = (160, 160, 160)
_PAPER: Final = (255, 255, 255)
_HALO: Final = (0, 0, 0, 170)
# The palette of Okabe and Ito (2008), without its dark colours: it is seen on photos.
_PALETTE: Final = ((230, 159, 0), (86, 180, 233), (240, 228, 66), (0, 200, 150), (245, 130, 190))
_BLACK: Final = (0, 0, 0, 255)
_WHITE: Final = (255, 255, 255, 255)
# Lines are drawn so many times as large and shrunk, which makes them smooth.
_FINER: Final = 2

# The font has no other letters; what else a name holds is shown as an escape.
_DRAWABLE: Final = "°·…±"


class Sheet:
    """A white sheet of `width` by `height` pixels to put things on."""

    def __init__(self, width: int, height: int) -> None:
        self._image = Image.new("RGB", (width, height), _PAPER)
        self._pen = ImageDraw.Draw(self._image)

    @property
    def image(self) -> Image.Image:
        return self._image

    def put(self, picture: Image.Image, x: int, y: int) -> None:
        self._image.paste(picture, (x, y))

    def frame(self, x: int, y: int, width: int, height: int) -> None:
        """A thin line just inside a rectangle."""
        self._pen.rectangle((x, y, x + width - 1, y + height - 1), outline=_GREY)

    def text(self, words: str, x: float, y: float, size: int = TEXT) -> None:
        self._pen.text((x, y), words, fill=_INK, font=_font(size))

    def paragraph(self, lines: Sequence[str], x: float, y: float) -> None:
        for number, line in enumerate(lines):
            self.text(line, x, y + number * LINE)

    def lines(self, starts: Points, ends: Points) -> None:
        """A coloured line with a dot at each end from every start to its end."""
        with _Overlay(self._image) as pen:
            coloured = list(zip(starts, ends, cycle(_PALETTE)))
            for start, end, colour in coloured:
                pen.line([*_fine(start), *_fine(end)], _HALO, 3 * _FINER)
                pen.line([*_fine(start), *_fine(end)], colour, 3 * _FINER // 2)
            # The dots last: a line must not hide where another one ends.
            for start, end, colour in coloured:
                for point in (start, end):
                    pen.circle(_fine(point), 3.5 * _FINER, colour, _BLACK, _FINER)

    def outline(self, corners: Points) -> None:
        """A closed polygon, dashed in black on white: legible on any picture."""
        closed = [*corners, corners[0]]
        with _Overlay(self._image) as pen:
            pen.line([_fine(point) for point in closed], _WHITE, 4 * _FINER, joint="curve")
            for dash in _dashes(closed):
                pen.line([_fine(point) for point in dash], _BLACK, 2 * _FINER)


class _Overlay:
    """A transparent layer over a picture, drawn finer and laid over it at the end."""

    def __init__(self, below: Image.Image) -> None:
        self._below = below
        size = (below.width * _FINER, below.height * _FINER)
        self._layer = Image.new("RGBA", size, (0, 0, 0, 0))

    def __enter__(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self._layer)

    def __exit__(self, *_: object) -> None:
        layer = self._layer.resize(self._below.size, Image.Resampling.BOX)
        self._below.paste(layer, (0, 0), layer)


def drawable(text: str) -> str:
    """`text` with every letter that the font lacks as an escape."""
    return "".join(
        letter if letter.isascii() or letter in _DRAWABLE else _escape(letter) for letter in text
    )


def name_within(path: str, width: int) -> str:
    """The path as it can be drawn, shortened to `width` pixels."""
    return drawable(shorten(path, width, lambda text: text_width(drawable(text))))


def wrapped(words: str, width: float) -> Iterator[str]:
    """Lines of at most `width` pixels, broken between words; a longer word stands alone."""
    line = ""
    for word in words.split():
        longer = f"{line} {word}".lstrip()
        if line and text_width(longer) > width:
            yield line
            line = word
        else:
            line = longer
    yield line


def text_width(text: str) -> int:
    """Pixels."""
    return ceil(_font(TEXT).getlength(text))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _escape(letter: str) -> str:
    return letter.encode("ascii", "backslashreplace").decode("ascii")


def _fine(point: Points) -> tuple[float, float]:
    return float(point[0]) * _FINER, float(point[1]) * _FINER


def _dashes(corners: Sequence[Points], length: float = 10.0) -> Iterator[tuple[Points, Points]]:
    for start, end in pairwise(corners):
        count = max(1, round(float(np.hypot(*(end - start))) / length))
        places = np.linspace(0, 1, 2 * (count // 2) + 2)
        for low, high in zip(places[::2], places[1::2], strict=True):
            yield start + low * (end - start), start + high * (end - start)
