"""Options that name a network and how it is asked."""

from __future__ import annotations

from typing import Any


def add_model(group: Any) -> None:
    """Add `--model`, `--model-settings` and `--labels`."""
    group.add_argument(
        "--model",
        metavar="FILE.onnx",
        help="the network that --by model asks, and the last stage of graded; nothing is fetched",
    )
    group.add_argument(
        "--model-settings",
        metavar="FILE.toml",
        help="how pictures are made ready for it (default: the file of its name that ends in"
        " .toml, if there is one)",
    )
    group.add_argument(
        "--labels",
        metavar="FILE",
        help="the names of its classes, one a line: the most probable are told of each photo",
    )
