"""A comparison -> PNG."""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import Image

from dupfinder.decode import decode
from dupfinder.decode.errors import Undecodable
from dupfinder.decode.source import read
from dupfinder.errors import UsageError
from dupfinder.model import Comparison, Photo
from dupfinder.reports.comparison.words import (
    answer,
    better_rows,
    evidence_rows,
    headline,
    sentence,
)
from dupfinder.reports.picture.alignment import Alignment, alignment
from dupfinder.reports.picture.difference import FULL, colours
from dupfinder.reports.picture.sheet import (
    LINE,
    TITLE,
    Sheet,
    drawable,
    name_within,
    text_width,
    wrapped,
)
from dupfinder.reports.words import bytes_of, sides

_SIDE: Final = 1000  # pixels: no picture is drawn wider or higher
_LEAST: Final = 320  # pixels: smaller ones are enlarged to this height
_MARGIN: Final = 20
_NARROWEST: Final = 900  # pixels of the sheet
_WORDS: Final = 420  # pixels: the width of the column of text
_HIGHEST: Final = 600  # pixels: of the difference map
_BAR: Final = 14  # pixels: the height of the scale of colours
_SCALE: Final = 400  # pixels: its least width, so that its words have room

_Pictures = tuple[Image.Image, Image.Image]


def draw(comparison: Comparison, max_pixels: int) -> bytes:
    """A PNG file with both photos, their match lines and overlap, and where they differ.

    Raises:
        UsageError: if a photo cannot be read any more.
    """
    pictures = _same_height(
        _pixels(comparison.first, max_pixels), _pixels(comparison.second, max_pixels)
    )
    found = alignment(comparison, *pictures)
    width = max(_NARROWEST, sum(picture.width for picture in pictures) + 3 * _MARGIN)
    said = list(wrapped(drawable(_said(comparison, found)), width - 2 * _MARGIN))
    photos_at = 2 * _MARGIN + TITLE + LINE * len(said)
    proof_at = photos_at + 2 * LINE + pictures[0].height + _MARGIN
    words = _words(comparison)
    shown = None if found is None else _map(found, width)
    lower = max(LINE * len(words), 0 if shown is None else shown.height)
    sheet = Sheet(width, proof_at + lower + _MARGIN)
    sheet.text(headline(comparison), _MARGIN, _MARGIN, TITLE)
    sheet.paragraph(said, _MARGIN, _MARGIN + TITLE + _MARGIN // 2)
    _put_photos(sheet, comparison, pictures, found, photos_at)
    if shown is not None:
        sheet.put(shown, _MARGIN, proof_at)
    words_at = _MARGIN if shown is None else shown.width + 2 * _MARGIN
    sheet.paragraph(words, words_at, proof_at)
    buffer = io.BytesIO()
    sheet.image.save(buffer, "PNG")
    return buffer.getvalue()


def _pixels(photo: Photo, max_pixels: int) -> Image.Image:
    try:
        found = read(photo.file)
        if found is None:
            raise Undecodable("changed", "the file changed since it was compared")
        kind, data = found
        rgb = decode(data, kind, _SIDE, max_pixels).picture.rgb
    except Undecodable as trouble:
        raise UsageError(f"{photo.path!r} cannot be drawn: {trouble}") from None
    assert rgb is not None
    return Image.fromarray(rgb)


def _same_height(first: Image.Image, second: Image.Image) -> _Pictures:
    """As high as the higher one, as long as neither gets too large."""
    height: float = max(_LEAST, first.height, second.height)
    for picture in (first, second):
        height = min(height, _SIDE, _SIDE * picture.height / picture.width)
    return _brought(first, max(1, round(height))), _brought(second, max(1, round(height)))


def _brought(picture: Image.Image, height: int) -> Image.Image:
    across = max(1, round(picture.width * height / picture.height))
    return picture.resize((across, height), Image.Resampling.LANCZOS)


def _said(comparison: Comparison, found: Alignment | None) -> str:
    if comparison.match is not None:
        return sentence(comparison)
    if found is not None:
        return "The best alignment that was tried; it does not hold."
    return "No transform brings keypoints of one onto those of the other."


def _words(comparison: Comparison) -> list[str]:
    """The evidence, line by line; of different photos, how far they came."""
    if comparison.match is None:
        verdicts = [verdict for _, verdict in comparison.tried if verdict.evidence.inliers]
        rows = [(verdict.evidence.verifier, answer(verdict)) for verdict in verdicts]
    else:
        rows = [*evidence_rows(comparison, comparison.match)]
    rows += [
        (f"better copy: {label}" if label else "", said) for label, said in better_rows(comparison)
    ]
    lines = (
        wrapped(drawable(f"{label}: {said}" if label else said), _WORDS) for label, said in rows
    )
    return [line for row in lines for line in row]


def _put_photos(
    sheet: Sheet, comparison: Comparison, pictures: _Pictures, found: Alignment | None, y: int
) -> None:
    """Both photos below their names, and over them what the transform says."""
    columns = (_MARGIN, 2 * _MARGIN + pictures[0].width)
    photos = (comparison.first, comparison.second)
    for letter, photo, picture, x in zip("AB", photos, pictures, columns, strict=True):
        room = picture.width - text_width(f"{letter}  ")
        sheet.text(f"{letter}  {name_within(photo.path, room)}", x, y)
        facts = f"{sides(photo)} · {bytes_of(photo.size)} · {photo.format}"
        sheet.text(facts, x, y + LINE)
        sheet.put(picture, x, y + 2 * LINE)
    if found is None:
        return
    places = [np.array([x, y + 2 * LINE], np.float64) for x in columns]
    for corners, place in zip(found.outlines, places, strict=True):
        sheet.outline(corners + place)
    sheet.lines(found.first + places[0], found.second + places[1])


def _map(found: Alignment, width: int) -> Image.Image:
    """The difference map with its scale of colours."""
    height, across = found.difference.shape[:2]
    scale = min((width - _WORDS - 3 * _MARGIN) / across, _HIGHEST / height)
    size = max(1, round(across * scale)), max(1, round(height * scale))
    shown = Image.fromarray(found.difference).resize(size, Image.Resampling.BICUBIC)
    room = max(size[0], _SCALE)
    scale_at = LINE + size[1] + _MARGIN // 2
    sheet = Sheet(room, scale_at + _BAR + LINE)
    sheet.text("Where they differ, aligned, in the frame of A", 0, 0)
    sheet.put(shown, 0, LINE)
    sheet.frame(0, LINE, *size)  # equal pictures leave it white
    bar = colours(np.linspace(-1, 1, room)[None].repeat(_BAR, axis=0))
    sheet.put(Image.fromarray(bar), 0, scale_at)
    darker, lighter = f"B darker by {FULL}", f"lighter by {FULL} of 255"
    places = {
        darker: 0,
        "equal": (room - text_width("equal")) / 2,
        lighter: room - text_width(lighter),
    }
    for words, x in places.items():
        sheet.text(words, x, scale_at + _BAR + 2)
    return sheet.image
