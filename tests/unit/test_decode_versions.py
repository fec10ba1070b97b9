"""The version that remembered results are kept under names everything that makes pixels."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import PIL
import pytest

from dupfinder.decode import camera_raw, sniff, versions
from dupfinder.decode.readable import _kinds
from dupfinder.decode.versions import decoder_version, extra_of, extras_apart


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


NAME = "dct256=1;decode=5;pillow=13;jpeg=3;heif=1.8;raw=0.28;jxl=none;features=7"


@pytest.mark.parametrize(
    ("other", "extras"),
    [
        (NAME, set()),
        (NAME.replace("heif=1.8", "heif=none"), {"heif"}),
        (NAME.replace("raw=0.28", "raw=1").replace("jxl=none", "jxl=1.3"), {"raw", "jxl"}),
        (NAME.replace(";jxl=none", ""), {"jxl"}),
        (NAME.replace("pillow=13", "pillow=14"), None),
        (NAME.replace("decode=5", "decode=6").replace("raw=0.28", "raw=1"), None),
        (NAME.replace("dct256", "phash"), None),
        (NAME.replace(";features=7", ""), None),
    ],
)
def test_names_tell_in_which_extras_they_differ(other: str, extras: set[str] | None) -> None:
    assert extras_apart(NAME, other) == extras
    assert extras_apart(other, NAME) == extras


def test_every_format_that_takes_an_extra_is_known_by_its_name() -> None:
    """A photo of a format that is forgotten here would never be decoded again."""
    kinds = [*_kinds((vars(sniff), camera_raw.IN_TIFF))]
    keys = {"heic": "heif", "raw": "raw", "jxl": "jxl", None: None}
    assert {kind.name: extra_of(kind.name) for kind in kinds} == {
        kind.name: keys[kind.extra] for kind in kinds
    }
    assert all(f";{key}=" in decoder_version() for key in keys.values() if key)
