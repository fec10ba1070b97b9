"""First bytes of a file -> what it holds. The ending of the name is never asked here."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from dupfinder.model import CAMERA_RAW

# As many first bytes as `sniff` needs to see.
HEAD = 64


@dataclass(frozen=True, slots=True)
class Kind:
    """A picture format: Pillow's name of the decoder, or None where this program has none.

    That of camera RAW, JPEG XL and PAM is no part of Pillow.
    """

    name: str
    decoder: str | None
    lossless: bool = False
    extra: str | None = None  # of dupfinder, that brings the decoder

    @property
    def is_raw(self) -> bool:
        """Whether it is what a camera's sensor saw, which takes developing."""
        return self.decoder == _LIBRAW


def camera_raw(maker: str) -> Kind:
    """The kind of the files of one maker of cameras, or of one container that several use."""
    return Kind(f"{CAMERA_RAW} ({maker})", _LIBRAW, lossless=True, extra="raw")


_LIBRAW = "LibRaw"


JPEG = Kind("JPEG", "JPEG")
GIF = Kind("GIF", "GIF")
PNG = Kind("PNG", "PNG", lossless=True)
BMP = Kind("BMP", "BMP", lossless=True)
PNM = Kind("PNM", "PPM", lossless=True)
PAM = Kind("PAM", "PAM", lossless=True)
TIFF = Kind("TIFF", "TIFF", lossless=True)
AVIF = Kind("AVIF", "AVIF")
HEIF = Kind("HEIF", "HEIF", extra="heic")
WEBP = Kind("WEBP", "WEBP")
JPEG_2000 = Kind("JPEG 2000", "JPEG2000")
JPEG_XL = Kind("JPEG XL", "JXL", extra="jxl")
DNG = camera_raw("DNG")
_CANON_RAW = camera_raw("Canon")

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
    (b"\0\0\0\x0cjP  \r\n\x87\n", JPEG_2000),
    (b"\xff\x4f\xff\x51", JPEG_2000),
    (b"\xff\x0a", JPEG_XL),
    (b"\0\0\0\x0cJXL \r\n\x87\n", JPEG_XL),
    (b"P7\n", PAM),
    (b"8BPS", Kind("Photoshop", None)),
    (b"FUJIFILMCCD-RAW", camera_raw("Fujifilm")),
    (b"IIRO", camera_raw("Olympus")),
    (b"IIRS", camera_raw("Olympus")),
    (b"MMOR", camera_raw("Olympus")),
    (b"IIU\0", camera_raw("Panasonic")),
    (b"FOVb", camera_raw("Sigma")),
    (b"\0MRM", camera_raw("Minolta")),
)

# ISO base media file format brands (ISO/IEC 23008-12 and the AVIF specification).
_AVIF_BRANDS = (b"avif", b"avis")
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")

# Files with one of these endings claim to be a picture: if their content is none, the user is told.
PICTURE_ENDINGS = frozenset(
    """
    .jpg .jpeg .jpe .jfif .mpo .png .apng .gif .webp .tif .tiff .bmp .dib .pbm .pgm .ppm .pnm .pam
    .jp2 .j2k .jpf .jpx .jxl .avif .heic .heif .hif .psd .dng .cr2 .cr3 .nef .nrw .arw .srf .sr2
    .orf .rw2 .raf .pef .srw .x3f .raw .rwl .iiq .3fr .erf .mef .mos .mrw .dcr .kdc
    """.split()  # noqa: SIM905  # a table reads better than 50 quoted lines
)


def claims_to_be_a_picture(path: str) -> bool:
    """Whether a file is named like a picture; what it is, its content decides."""
    return os.path.splitext(path)[1].lower() in PICTURE_ENDINGS


_BMP_HEADER_SIZES = (12, 16, 40, 52, 56, 64, 108, 124)


def sniff(head: bytes) -> Kind | None:
    """The kind of picture that begins with `head` (`HEAD` bytes, or all there are), or None."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            if kind is TIFF and head[8:10] == b"CR":
                return _CANON_RAW
            return kind
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    return _short_magic(head)


def _short_magic(head: bytes) -> Kind | None:
    """Two letters begin many a note as well: what follows them must fit."""
    if re.match(rb"P[1-6fF]\s+[#\d]", head):
        return PNM
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return BMP
    return None


def _iso_media(head: bytes) -> Kind | None:
    """Judge by the major brand, then by the compatible ones in order."""
    end = min(len(head), int.from_bytes(head[:4], "big"))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]
    if brands[0] == b"crx ":
        return _CANON_RAW
    if brands[0] in (b"isom", b"mp41", b"mp42", b"qt  "):
        return None
    for brand in brands:
        if brand in _AVIF_BRANDS:
            return AVIF
        if brand in _HEIF_BRANDS[:6]:
            return HEIF
    return HEIF if brands[0] in _HEIF_BRANDS else None
