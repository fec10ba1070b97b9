"""Whatever is wrong with a file ends in `Undecodable`: a code, one printable line, nothing else."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pictures import decoded, digest, encoded, kind_of, scene
from PIL import Image, PngImagePlugin
from raw_files import dng

from dupfinder.decode import camera_raw, full_pixel_digest, jxl, opening
from dupfinder.decode.errors import Undecodable
from dupfinder.decode.sniff import sniff
from dupfinder.settings import MAX_PIXELS

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def refusal(data: bytes, max_pixels: int = MAX_PIXELS) -> Undecodable:
    """Why both ways to decode refuse; they must agree."""
    with pytest.raises(Undecodable) as caught:
        decoded(data, 256, max_pixels)
    with pytest.raises(Undecodable) as again:
        full_pixel_digest(data, kind_of(data), max_pixels)
    assert (caught.value.code, str(caught.value)) == (again.value.code, str(again.value))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= 200
    return caught.value


def chunk(name: bytes, payload: bytes) -> bytes:
    checksum = zlib.crc32(name + payload)
    return len(payload).to_bytes(4, "big") + name + payload + checksum.to_bytes(4, "big")


def black_png(width: int, height: int) -> bytes:
    """One bit a pixel, all of it zeros: a few kilobytes for hundreds of millions of pixels."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    rows = b"".join(packer.compress(row * 100) for _ in range(height // 100)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return PNG_MAGIC + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_the_pixel_limit_is_inclusive_and_the_users() -> None:
    data = encoded(scene(0, 96, 64), "PNG")
    assert decoded(data, 64, max_pixels=96 * 64).picture.width == 96
    trouble = refusal(data, max_pixels=96 * 64 - 1)
    assert trouble.code == "too-many-pixels"
    assert str(trouble) == "96x64 pixels: the limit is 6,143"


@pytest.mark.parametrize("coding", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "PPM"])
def test_every_format_is_held_to_the_pixel_limit(coding: str) -> None:
    assert refusal(encoded(scene(), coding), max_pixels=100).code == "too-many-pixels"


def test_a_bomb_is_refused_before_its_pixels_take_memory() -> None:
    bomb = black_png(20_100, 20_000)
    assert len(bomb) < 110_000
    program = (
        "import resource, sys\n"
        "from dupfinder.decode import decode\n"
        "from dupfinder.decode.errors import Undecodable\n"
        "from dupfinder.decode.sniff import PNG\n"
        "data = sys.stdin.buffer.read()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF)\n"
        "try:\n"
        "    decode(data, PNG, 256, 400_000_000)\n"
        "except Undecodable as trouble:\n"
        "    after = resource.getrusage(resource.RUSAGE_SELF)\n"
        "    print(trouble.code, after.ru_maxrss - before.ru_maxrss,\n"
        "          after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)\n"
    )
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, input=bomb, capture_output=True, check=True)
    code, memory, seconds = run.stdout.decode().split()
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    assert code == "too-many-pixels"
    assert int(memory) * unit < 20_000_000
    assert float(seconds) < 0.5


@pytest.mark.parametrize(
    ("coding", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("PPM", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {}),
        ("HEIF", {}),
        ("GIF", {}),
        # These decoders do not say of everything that is missing that it is missing.
        ("JPEG2000", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ],
)
def test_no_truncated_picture_passes_for_a_whole_one(coding: str, options: dict[str, Any]) -> None:
    if coding == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    data = encoded(scene(2, 600, 400), coding, **options)
    # The last two bytes of a GIF may go: all its pixels are there without them.
    lengths = [len(data) * share // 25 for share in range(3, 25)] + [len(data) - 3]
    codes = {refusal(data[:length]).code for length in lengths}
    is_vague = coding == "JPEG2000" or "compression" in options
    assert codes <= ({"truncated", "damaged"} if is_vague else {"truncated"})


def test_headers_alone_are_refused() -> None:
    for coding in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF"):
        assert refusal(encoded(scene(), coding)[:30]).code in ("truncated", "damaged"), coding


@pytest.mark.parametrize(
    "magic",
    [
        b"\xff\xd8\xff",
        PNG_MAGIC,
        b"GIF89a",
        b"II*\0\x08\0\0\0",
        b"MM\0*\0\0\0\x08",
        b"\0\0\0\x0cjP  \r\n\x87\n",
        b"P6 9",
        b"BM" + bytes(12) + b"\x0c\0\0\0" + bytes(6) + b"\x18\0",
        b"RIFF\x80\0\0\0WEBP",
        b"\0\0\0\x18ftypavif\0\0\0\0avifavif\0\0\0\0",
    ],
)
def test_garbage_behind_a_magic_is_damaged(magic: bytes) -> None:
    noise = np.random.default_rng(1).integers(1, 250, 500, np.uint8).tobytes()
    # With an end of its own, so that nothing is missing where a format has one.
    assert refusal(magic + noise + b"IEND1234").code == "damaged"


def test_the_reason_does_not_change_from_run_to_run() -> None:
    """Pillow's own text for an unknown header holds the address of an object."""
    reason = str(refusal(b"GIF89a" + b"\xff" * 3))
    assert reason == "damaged: the GIF decoder does not accept its header"


def test_formats_outside_the_list_are_named() -> None:
    trouble = refusal(b"8BPS\0\1" + bytes(100))
    assert (trouble.code, str(trouble)) == ("unsupported", "unsupported: Photoshop")


@pytest.mark.parametrize(
    "content",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"%PDF-1.7\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"SIMPLE  =                    T",
        b"\xd7\xcd\xc6\x9a\0\0",
        b"#define x_width 8\n",
        b"",
    ],
)
def test_what_pillow_would_open_and_we_would_not_is_no_picture(content: bytes) -> None:
    assert sniff(content) is None


def test_a_tiff_that_begins_with_a_preview_is_not_taken_for_the_picture() -> None:
    plain = encoded(scene(), "TIFF", tiffinfo={254: 0})
    assert decoded(plain).picture.width == 96
    trouble = refusal(encoded(scene(), "TIFF", tiffinfo={254: 1}))
    reason = "unsupported: TIFF that begins with the preview of another picture"
    assert (trouble.code, str(trouble)) == ("unsupported", reason)


@pytest.fixture
def without_extras(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    loaders = (opening._heif_is_registered, camera_raw.plugin, jxl.plugin)
    for loader in loaders:
        loader.cache_clear()
    for module in ("pillow_heif", "rawpy", "pillow_jxl"):
        monkeypatch.setitem(sys.modules, module, None)
    yield
    for loader in loaders:
        loader.cache_clear()


@pytest.mark.usefixtures("without_extras")
@pytest.mark.parametrize(
    ("head", "name", "extra"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIF", "heic"),
        (b"\xff\x0a\0\0", "JPEG XL", "jxl"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL", "jxl"),
        (b"II*\0\x10\0\0\0CR\2\0", "camera RAW (Canon)", "raw"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "camera RAW (Canon)", "raw"),
        (b"FUJIFILMCCD-RAW 0201", "camera RAW (Fujifilm)", "raw"),
        (dng(scene()), "camera RAW (DNG)", "raw"),
        (dng(scene(), scene()), "camera RAW (DNG)", "raw"),
    ],
)
def test_what_takes_an_extra_says_which(head: bytes, name: str, extra: str) -> None:
    trouble = refusal(head + bytes(100))
    assert trouble.code == "unsupported"
    assert str(trouble) == f"unsupported: {name}; install dupfinder[{extra}]"


class OddError(Exception):
    """Nobody's subclass."""


def break_png_plugin(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def load(_: Image.Image) -> None:
        raise error

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", load)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SyntaxError("bad"), "damaged"),
        (RuntimeError("bad"), "damaged"),
        (NotImplementedError("bad"), "damaged"),
        (RecursionError("bad"), "damaged"),
        (struct.error("bad"), "damaged"),
        (OddError("bad"), "damaged"),
        (Image.DecompressionBombError("bad"), "damaged"),
        (ZeroDivisionError(), "damaged"),
        (MemoryError(), "too-large"),
        (OSError("image file is truncated (3 bytes not processed)"), "truncated"),
        (EOFError("Truncated File Read"), "truncated"),
        (ValueError("conversion from LAB to RGB not supported"), "unsupported"),
    ],
    ids=repr,
)
def test_whatever_a_decoder_raises_becomes_a_refusal(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    data = encoded(scene(), "PNG")
    break_png_plugin(monkeypatch, error)
    assert refusal(data).code == code


def test_the_line_names_a_decoder_that_stumbled_and_holds_nothing_unprintable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = encoded(scene(), "PNG")
    break_png_plugin(monkeypatch, OddError("a\n\x1b[31mb\u202ec" + "x" * 300))
    reason = str(refusal(data))
    assert reason.startswith("damaged: the PNG decoder fails over it (OddError: a [31mb cxxx")
    assert len(reason) == 200
    break_png_plugin(monkeypatch, AssertionError())
    assert str(refusal(data)) == "damaged: the PNG decoder fails over it (AssertionError)"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_passes(monkeypatch: pytest.MonkeyPatch, error: type[BaseException]) -> None:
    data = encoded(scene(), "PNG")
    break_png_plugin(monkeypatch, error())
    with pytest.raises(error):
        decoded(data)
    with pytest.raises(error):
        digest(data)
    assert Image.MAX_IMAGE_PIXELS is not None
