"""The errors that a caller can meet, drawn as a tree.

    DupfinderError
    ├── UsageError              the call cannot be carried out as it was said (exit code 2)
    ├── StoreError              a cache cannot be used nor set aside; a server cannot be used
    ├── EngineError             the machinery failed, not a photo: workers will not start, say
    └── FingerprintMismatch     fingerprints of different hashers were compared (a TypeError)

Trouble with one photo is never an exception here: it is a `Skipped` value in the result.
"""

from __future__ import annotations


class DupfinderError(Exception):
    """Base of every error that dupfinder raises on purpose; `hint` says what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(DupfinderError):
    """The call is wrong: a root that does not exist, an unknown name, an impossible number."""


class StoreError(DupfinderError):
    """The cache can neither be opened nor be set aside, or a server of a store cannot be used."""


class EngineError(DupfinderError):
    """The workers cannot be started or keep dying without a photo being at fault."""


class FingerprintMismatch(DupfinderError, TypeError):
    """Hamming distance asked between fingerprints of different hashers or lengths."""
