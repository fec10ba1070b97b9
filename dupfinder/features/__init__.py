"""Local features: what a crop, a screenshot or a tilted copy still shares with its photo."""

from __future__ import annotations

# Raised whenever the features of a picture could change: remembered ones are not used then.
VERSION = 7
