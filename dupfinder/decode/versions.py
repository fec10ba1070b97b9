"""What decodes: remembered results of other decoders are not used."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from PIL import features

# Raised with every change here of what pixels come out, or of what is read of a file.
_OURS = 4


def decoder_version() -> str:
    """Our version and those of the libraries that pixels come from.

    With pillow-heif installed later, files that were refused for its lack are asked again.
    """
    try:
        heif = version("pillow-heif")
    except PackageNotFoundError:
        heif = "none"
    jpeg = features.version("libjpeg_turbo") or features.version("jpg")
    return f"{_OURS};pillow={version('pillow')};jpeg={jpeg};heif={heif}"
