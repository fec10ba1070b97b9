"""What a search by image found: for the terminal, as JSON, as CSV and as a page."""

from dupfinder.reports.searched.csv import searched_csv
from dupfinder.reports.searched.json import searched_json
from dupfinder.reports.searched.terminal import render_searched

__all__ = ["render_searched", "searched_csv", "searched_json"]
