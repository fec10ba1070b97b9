"""What decodes: remembered results of other decoders are not used."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from PIL import features

# Raised with every change here of what pixels come out, or of what is read of a file.
_OURS = 6


def decoder_version() -> str:
    """Our version and those of the libraries that pixels come from.

    With an extra installed later, files that were refused for its lack are asked again.
    """
    heif, raw, jxl = map(_installed, ("pillow-heif", "rawpy", "pillow-jxl-plugin"))
    libjpeg = features.version("libjpeg_turbo") or features.version("jpg")
    jpeg = f"{libjpeg}/{version('simplejpeg')}"
    return f"{_OURS};pillow={version('pillow')};jpeg={jpeg};heif={heif};raw={raw};jxl={jxl}"


def _installed(extra: str) -> str:
    try:
        return version(extra)
    except PackageNotFoundError:
        return "none"
