"""One explained pair, as text for a terminal and as JSON."""

from dupfinder.reports.comparison.json import comparison_json
from dupfinder.reports.comparison.terminal import render_comparison
from dupfinder.reports.comparison.words import is_same

__all__ = ["comparison_json", "is_same", "render_comparison"]
