"""The ways to search by image, one file each; a name leads to each."""

from __future__ import annotations

from dupfinder.protocols import Searcher
from dupfinder.searchers.hashes import HashSearcher

SEARCHERS: dict[str, Searcher] = {
    name: HashSearcher(name) for name in ("dct256", "phash", "dhash", "ahash", "whash")
}
