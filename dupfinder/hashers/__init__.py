"""The hashers by name."""

from __future__ import annotations

from dupfinder.hashers.dct256 import Dct256
from dupfinder.hashers.imagehashes import ImageHashHasher
from dupfinder.protocols import Hasher

HASHERS: dict[str, Hasher] = {
    "dct256": Dct256(),
    # Radii: the largest at which pairs of different photos are still rare, see the README.
    "phash": ImageHashHasher("phash", length=64, default_radius=10),
    "dhash": ImageHashHasher("dhash", length=64, default_radius=10),
    "ahash": ImageHashHasher("ahash", length=64, default_radius=5),
    "whash": ImageHashHasher("whash", length=64, default_radius=5),
    "colorhash": ImageHashHasher("colorhash", length=42, default_radius=2),
}

# Raised with every change of a hash of ours: remembered ones of another version are not used.
_OURS = 1


def signature(name: str) -> str:
    """The hasher and the version of the code that its hashes come from."""
    from importlib.metadata import version  # noqa: PLC0415  # workers never ask

    return f"{name}={_OURS if name == Dct256.name else version('imagehash')}"
