"""First bytes of a file -> what it holds. The ending of the name is never asked here."""

from __future__ import annotations

from dataclasses import dataclass

# As many first bytes as `sniff` needs to see.
HEAD = 64


@dataclass(frozen=True, slots=True)
class Kind:
    """A picture format: Pillow's name of the decoder, or None where this program has none."""

    name: str
    decoder: str | None
    lossless: bool = False


JPEG = Kind("JPEG", "JPEG")
TIFF = Kind("TIFF", "TIFF", lossless=True)
AVIF = Kind("AVIF", "AVIF")
HEIF = Kind("HEIF", "HEIF")
WEBP = Kind("WEBP", "WEBP")

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind("PNG", "PNG", lossless=True)),
    (b"GIF87a", Kind("GIF", "GIF")),
    (b"GIF89a", Kind("GIF", "GIF")),
    (b"BM", Kind("BMP", "BMP", lossless=True)),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Kind("JPEG 2000", "JPEG2000")),
    (b"\xff\x4f\xff\x51", Kind("JPEG 2000", "JPEG2000")),
    (b"\xff\x0a", Kind("JPEG XL", None)),
    (b"\0\0\0\x0cJXL \r\n\x87\n", Kind("JPEG XL", None)),
    (b"8BPS", Kind("Photoshop", None)),
    (b"FUJIFILMCCD-RAW", Kind("camera RAW (Fujifilm)", None)),
    (b"IIRO", Kind("camera RAW (Olympus)", None)),
    (b"IIRS", Kind("camera RAW (Olympus)", None)),
    (b"MMOR", Kind("camera RAW (Olympus)", None)),
    (b"IIU\0", Kind("camera RAW (Panasonic)", None)),
    (b"FOVb", Kind("camera RAW (Sigma)", None)),
    (b"\0MRM", Kind("camera RAW (Minolta)", None)),
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


def sniff(head: bytes) -> Kind | None:
    """The kind of picture that begins with `head` (`HEAD` bytes, or all there are), or None."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            if kind is TIFF and head[8:10] == b"CR":
                return Kind("camera RAW (Canon)", None)
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if len(head) > 2 and head[0:1] == b"P" and head[1] in b"1234567" and head[2:3].isspace():
        return Kind("PNM", "PPM", lossless=True)
    return None


def _iso_media(head: bytes) -> Kind | None:
    """Judge by the major brand, then by the compatible ones in order."""
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, len(head) - 3, 4))]
    if brands[0] == b"crx ":
        return Kind("camera RAW (Canon)", None)
    if brands[0] in (b"isom", b"mp41", b"mp42", b"qt  "):
        return None
    for brand in brands:
        if brand in _AVIF_BRANDS:
            return AVIF
        if brand in _HEIF_BRANDS[:6]:
            return HEIF
    return HEIF if brands[0] in _HEIF_BRANDS else None
