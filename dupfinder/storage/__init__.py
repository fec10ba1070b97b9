"""Where a scan remembers what it computed."""

from __future__ import annotations

from dupfinder.storage.cache import Cache
from dupfinder.storage.known import Known, Stored
from dupfinder.storage.opening import open_cache

__all__ = ["Cache", "Known", "Stored", "open_cache"]
