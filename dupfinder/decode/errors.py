"""The one exception of this package, nothing else leaves it; and the limit that all are held to."""

from __future__ import annotations


class Undecodable(Exception):
    """A picture that cannot be shown: `code` for machines, the message for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def hold_to(max_pixels: int, width: int, height: int) -> None:
    """Refuse a picture that is too large.

    Raises:
        Undecodable: if it has more than `max_pixels`.
    """
    if width * height > max_pixels:
        reason = f"{width}x{height} pixels: the limit is {max_pixels:,}"
        raise Undecodable("too-many-pixels", reason)
