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
