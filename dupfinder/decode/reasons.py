"""What a decoder raised -> why a picture cannot be shown, in words for people."""

from __future__ import annotations

from dupfinder.decode.errors import Undecodable
from dupfinder.decode.sniff import Kind

# What decoders say when the file ends too early.
_ENDS_EARLY = ("truncated", "not enough image data", "reached eof")
# What they say, beside damage, of a variety of their format that they do not know.
_UNKNOWN_VARIETY = ("unsupported", "not supported")

# What they say of damage, by a part of their words -> what the decoder does then.
_NO_SENSE = "cannot make sense of its data"
_NO_NUMBER = "finds no number where one belongs"
_TOO_MUCH_TEXT = "stops at its texts, which unpack to far too much"
_DAMAGE = (
    ("broken data stream", _NO_SENSE),
    ("unrecognized data stream", _NO_SENSE),
    ("decoder error", _NO_SENSE),
    ("failed to read next frame", _NO_SENSE),
    ("codec configuration error", "cannot make sense of its header"),
    ("could not create decoder object", "cannot make sense of its header"),
    ("invalid dimensions", "finds impossible sides of the picture"),
    ("cannot load this image", "finds no picture data"),
    ("cannot extend outside image", "finds a part that lies outside of the picture"),
    ("maxval", "finds an impossible range of values"),
    ("frame sequence errors", "finds its frames out of order"),
    ("invalid palette size", "finds an impossible number of colours"),
    ("max_text", _TOO_MUCH_TEXT),
    ("invalid literal for int", _NO_NUMBER),
    ("token too long", _NO_NUMBER),
    ("invalid token", _NO_NUMBER),
)

_LONGEST = 200  # letters


def explained(error: Exception, kind: Kind) -> Undecodable:
    """The trouble in one printable line.

    The exception's own words stand there only where nobody has put them into better ones.
    """
    said = _printable(str(error))
    lower = said.lower()
    if any(words in lower for words in _ENDS_EARLY):
        return Undecodable("truncated", f"truncated: the {kind.name} file ends too early")
    if any(words in lower for words in _UNKNOWN_VARIETY):
        reason = f"unsupported: a variety of {kind.name} ({said})"
        return Undecodable("unsupported", reason[:_LONGEST])
    return Undecodable(
        "damaged", f"damaged: the {kind.name} decoder {_does(error, said)}"[:_LONGEST]
    )


def _does(error: Exception, said: str) -> str:
    if isinstance(error, PermissionError):  # a worker may not, see `engines.sandbox`
        return "tried what it must not: to write, to start a program or to call somebody"
    for words, does in _DAMAGE:
        if words in said.lower():
            return does
    name = type(error).__name__
    return f"fails over it ({name}: {said})" if said else f"fails over it ({name})"


def _printable(text: str) -> str:
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(text.split())
