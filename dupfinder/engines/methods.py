"""What remembered results depend on, as the cache names it."""

from __future__ import annotations

from itertools import product

from dupfinder.decode.versions import decoder_version, without_extras
from dupfinder.features import VERSION as FEATURES
from dupfinder.hashers import HASHERS, signature
from dupfinder.searchers import MIRRORED, SEARCHERS
from dupfinder.settings import FALLBACKS, LEVELS
from dupfinder.verifiers import signature as verifiers


def method(hasher: str, level: str) -> str:
    """The name of all that photos of a scan are remembered by."""
    name = f"{signature(hasher)};decode={decoder_version()}"
    return f"{name};features={FEATURES}" if level == "copies" else name


def is_used(name: str) -> bool:
    """Whether some scan of this version would ask for what was remembered under this name.

    Also for what it would take over, since nothing but extras has changed.
    """
    plain = without_extras(name)
    for hasher, level in product(HASHERS, LEVELS):
        photos = without_extras(method(hasher, level))
        if plain == photos:
            return True
        for fallback in FALLBACKS:
            if f"{plain};".startswith(f"{photos};{verifiers(level, fallback)};"):
                return True
    return False


def description(signature: str) -> str:
    """The name of all that a method of searching, which has this signature, is remembered by."""
    return f"{signature};decode={decoder_version()}"


def is_searched(name: str) -> bool:
    """Whether some search of this version would ask for what was remembered under this name.

    A kind of descriptor that only its own search can tell of, by a model say, counts as such.
    """
    if not name.endswith(description("")):
        return False
    told = name.removesuffix(description(""))
    known = {each.signature for each in SEARCHERS.values()}
    known |= {each.signature for each in MIRRORED.values()}
    return told in known or _kind(told) not in map(_kind, known)


def _kind(signature: str) -> str:
    return signature.partition("=")[0]
