"""The one exception of this package; nothing else leaves it."""

from __future__ import annotations


class Undecodable(Exception):
    """A picture that cannot be shown: `code` for machines, the message for people."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
