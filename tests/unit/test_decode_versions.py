"""The version that remembered results are kept under names everything that makes pixels."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import PIL
import pytest

from dupfinder.decode import versions
from dupfinder.decode.versions import decoder_version


def test_it_names_pillow_and_its_jpeg_library() -> None:
    assert f"pillow={PIL.__version__};" in decoder_version()
    assert "jpeg=None" not in decoder_version()


def test_it_changes_when_pillow_heif_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = versions.version

    def without_heif(name: str) -> str:
        if name == "pillow-heif":
            raise PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(versions, "version", without_heif)
    lacking = decoder_version()
    monkeypatch.setattr(versions, "version", lambda _: "1.8.1")
    assert "heif=none" in lacking
    assert "heif=1.8.1" in decoder_version()
