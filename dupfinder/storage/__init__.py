"""Where a scan remembers what it computed."""

from __future__ import annotations

from dupfinder.storage.cache import Cache, is_settled
from dupfinder.storage.known import Known, Listed, Stored
from dupfinder.storage.opening import open_cache

__all__ = ["Cache", "Known", "Listed", "Stored", "is_settled", "open_cache"]
