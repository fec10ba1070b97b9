"""Ten thousand odd and hostile files: each gives a photo, a reason, or nothing, and soon."""

from __future__ import annotations

import os
import re
import signal
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import numpy as np
import pytest
from pictures import decoded, digest, encoded, photo_file
from PIL import Image, ImageOps

from dupfinder.decode import decode
from dupfinder.decode.sniff import JPEG
from dupfinder.fingerprint import Reading, fingerprint
from dupfinder.hashers import HASHERS
from dupfinder.model import Skipped

# Larger than any honest picture in the corpora, so that a run takes little memory.
MOST_PIXELS = 40_000_000
SECONDS_PER_FILE = 20
CODES = {"damaged", "truncated", "unsupported", "too-many-pixels", "not-a-picture", "empty"}

# It holds a decoder for a minute inside one call of C, where no signal reaches it: it takes a child
# process that can be killed, which is not here but in the engine.
NEEDS_KILLING = {"jpeg_progressive_5000_scans.jpg"}

Result = Reading | Skipped | None


class TooSlow(BaseException):
    """Not an Exception: what guards against decoders must not take it for one of theirs."""


def extracted(shared: Path, name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(shared / "corpora" / f"{name}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder) / name


@pytest.fixture(scope="module")
def formats(shared: Path) -> Iterator[Path]:
    for extra in ("pillow_heif", "pillow_jxl"):
        pytest.importorskip(extra)
    yield from extracted(shared, "formats")


@pytest.fixture(scope="module")
def hostile(shared: Path) -> Iterator[Path]:
    yield from extracted(shared, "hostile")


@pytest.fixture(autouse=True)
def alarm() -> Iterator[None]:
    def ring(_: int, __: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, ring)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def results_of(folder: Path) -> dict[str, Result]:
    """By path below the folder."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    results: dict[str, Result] = {}
    for path in paths:
        if path.name not in NEEDS_KILLING:
            signal.alarm(SECONDS_PER_FILE)
            results[os.fspath(path.relative_to(folder))] = result_of(path)
    return results


def result_of(path: Path) -> Result:
    return fingerprint(photo_file(path), HASHERS["dct256"], MOST_PIXELS)


def check_reasons(results: dict[str, Result]) -> None:
    for path, result in results.items():
        if isinstance(result, Skipped):
            assert (result.stage, result.code in CODES) == ("decode", True), path
            assert result.reason.isprintable(), path
            assert 10 < len(result.reason) <= 200, path
            assert " at 0x" not in result.reason, path  # it would differ from run to run
            assert not re.search(r"\bb['\"]|invalid literal", result.reason), path


def kinds(results: dict[str, Result]) -> Counter[str]:
    return Counter(
        "photo" if isinstance(result, Reading) else result.code if result else "nothing"
        for result in results.values()
    )


def test_pictures_of_all_formats(formats: Path) -> None:
    results = results_of(formats)
    check_reasons(results)
    found = kinds(results)
    assert found["photo"] >= 489
    assert found["unsupported"] == 0
    names = {r.photo.format for r in results.values() if isinstance(r, Reading)}
    assert names >= {
        *("JPEG", "PNG", "AVIF", "HEIF", "WEBP", "GIF", "PNM", "PAM", "TIFF", "BMP", "JPEG XL"),
    }


def test_hostile_files(hostile: Path) -> None:
    results = results_of(hostile)
    check_reasons(results)
    found = kinds(results)
    assert sum(found.values()) > 9_000
    assert found["photo"] > 1_500
    assert min(found[code] for code in CODES) > 0
    bombs = {path: result for path, result in results.items() if "Gpx" in path or "65500" in path}
    assert bombs
    assert {r.code if isinstance(r, Skipped) else "" for r in bombs.values()} == {"too-many-pixels"}


def test_lossless_jpegs_of_eight_bits_are_shown_as_pillow_shows_them(hostile: Path) -> None:
    """Their decoder neither scales nor converts, and says that they are damaged if it is asked."""
    paths = sorted(hostile.rglob("random8_*_lossless_*.jpg"))
    assert len(paths) >= 7
    for path in paths:
        data = path.read_bytes()
        with Image.open(path) as image:
            shown = image.convert("RGB")
        assert np.array_equal(decoded(data).picture.rgb, np.asarray(shown)), path.name
        for colour in (True, False):
            picture = decode(data, JPEG, 32, MOST_PIXELS, colour=colour).picture
            assert max(picture.grey.shape) < 64, path.name


def test_the_same_file_gives_the_same_result_twice(hostile: Path) -> None:
    for path in sorted((hostile / "hostile-image-rs").rglob("*.png"))[::4]:
        signal.alarm(SECONDS_PER_FILE)
        assert result_of(path) == result_of(path)


def test_photos_of_all_orientations_are_shown_as_pillow_shows_them(formats: Path) -> None:
    paths = sorted((formats / "exif-orientation").rglob("*.jpg"))
    assert len(paths) >= 16
    for path in paths:
        with Image.open(path) as image:
            shown = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        assert np.array_equal(decoded(path.read_bytes()).picture.rgb, shown), path.name


@pytest.mark.parametrize(("bits", "is_equal"), [(8, True), (10, False), (12, False)])
def test_avif_of_more_than_eight_bits_never_equals_its_reduction(
    formats: Path, bits: int, is_equal: bool
) -> None:
    paths = sorted((formats / "fmt-avif-linku").rglob(f"*.{bits}bpc.yuv4?0.avif"))
    assert paths
    for path in paths:
        with Image.open(path) as image:
            profile = image.info.get("icc_profile")
            png = encoded(ImageOps.exif_transpose(image), "PNG", icc_profile=profile)
        assert (digest(path.read_bytes()) == digest(png)) == is_equal, path.name
