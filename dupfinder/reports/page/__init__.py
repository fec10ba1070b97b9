"""One look for all pages: templates, a style and a script, and what they are filled with.

The report (one file) and the review page draw the same cards from here. Texts are escaped by the
templates; names of files come through `names.printable` besides.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

_FOLDER: Final = "page"


@cache
def environment() -> Environment:
    """The templates: everything is escaped, and what is not given is an error."""
    loader = PackageLoader("dupfinder.reports", _FOLDER)
    return Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def asset(name: str) -> str:
    """A style or a script as it is packaged: `look.css`, `look.js`."""
    return files("dupfinder.reports").joinpath(_FOLDER, name).read_text(encoding="utf-8")


def policy(style: str, script: str | None = None) -> str:
    """The content policy of a page that is one file: nothing is fetched, and nothing is sent.

    Of scripts and styles only these run, which are named by their hashes.
    """
    told = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src '{_hash(style)}'"
    )
    return told if script is None else f"{told}; script-src '{_hash(script)}'"


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode("utf-8")).digest()).decode("ascii")
