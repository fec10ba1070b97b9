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


@pytest.mark.parametrize(
    ("extra", "name"), [("pillow-heif", "heif"), ("rawpy", "raw"), ("pillow-jxl-plugin", "jxl")]
)
def test_it_changes_when_an_extra_is_installed(
    monkeypatch: pytest.MonkeyPatch, extra: str, name: str
) -> None:
    real = versions.version

    def without(package: str) -> str:
        if package == extra:
            raise PackageNotFoundError(package)
        return real(package)

    monkeypatch.setattr(versions, "version", without)
    lacking = decoder_version()
    monkeypatch.setattr(versions, "version", lambda _: "1.8.1")
    assert f";{name}=none" in lacking
    assert f";{name}=1.8.1" in decoder_version()
