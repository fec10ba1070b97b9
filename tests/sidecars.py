"""Layouts of photos with their companions, as cameras, phones and programs write them.

A layout is the names in a folder and, for each photo, its companions: `name=kind`, with a `!` for
content and `shared` for the kind of what has several photos.
"""

from __future__ import annotations

from typing import Final, NamedTuple

LONG: Final = "Screenshot_20210704-181522_com.example.mess"  # 43 characters
CUT: Final = "A long name of a picture that was taken in summer 2021"


class Layout(NamedTuple):
    """The names of one folder, and what belongs to which."""

    title: str
    names: tuple[str, ...]
    belonging: dict[str, tuple[str, ...]]


def layout(title: str, names: str, **belonging: str) -> Layout:
    """`belonging` is said for the photos in the order of the names: `first`, `second`."""
    each = tuple(names.split(", "))
    photos = dict(zip(("first", "second", "third"), each, strict=False))
    return Layout(
        title, each, {photos[place]: tuple(told.split(", ")) for place, told in belonging.items()}
    )


PLAIN: Final = (
    layout("a photo alone", "IMG_1.JPG"),
    layout("XMP by stem", "IMG_1.JPG, IMG_1.xmp", first="IMG_1.xmp=xmp"),
    layout("XMP by name", "IMG_1.JPG, IMG_1.JPG.xmp", first="IMG_1.JPG.xmp=xmp"),
    layout("XMP in capitals", "IMG_1.JPG, IMG_1.XMP", first="IMG_1.XMP=xmp"),
    layout("XMP by name, endings differ", "IMG_1.jpg, IMG_1.JPG.xmp", first="IMG_1.JPG.xmp=xmp"),
    layout(
        "two XMP",
        "IMG_1.JPG, IMG_1.JPG.xmp, IMG_1.xmp",
        first="IMG_1.JPG.xmp=xmp, IMG_1.xmp=xmp",
    ),
    layout(
        "versions of darktable",
        "IMG_1.JPG, IMG_1.JPG.xmp, IMG_1_01.JPG.xmp, IMG_1_02.JPG.xmp",
        first="IMG_1.JPG.xmp=xmp, IMG_1_01.JPG.xmp=xmp, IMG_1_02.JPG.xmp=xmp",
    ),
    layout(
        "no version of darktable, but a photo of that name",
        "IMG_1_01.JPG, IMG_1.JPG, IMG_1_01.JPG.xmp",
        first="IMG_1_01.JPG.xmp=xmp",
    ),
    layout("another stem", "IMG_1.JPG, IMG_2.xmp"),
    layout("a stem in other letters", "IMG_1.JPG, img_1.xmp"),
    layout("DxO", "IMG_1.JPG, IMG_1.JPG.dop", first="IMG_1.JPG.dop=dop"),
    layout("RawTherapee", "IMG_1.JPG, IMG_1.JPG.pp3", first="IMG_1.JPG.pp3=pp3"),
    layout("a thumbnail", "IMG_1.JPG, IMG_1.THM", first="IMG_1.THM=thm"),
    layout("another file of that name", "IMG_1.JPG, IMG_1.txt, IMG_1"),
    layout("PNG", "a.png, a.png.xmp", first="a.png.xmp=xmp"),
    layout("TIFF", "a.tif, a.xmp", first="a.xmp=xmp"),
    layout("a stem with dots", "a.b.c.jpg, a.b.c.xmp, a.b.xmp, a.xmp", first="a.b.c.xmp=xmp"),
    layout("names in Cyrillic", "фото.jpg, фото.jpg.xmp", first="фото.jpg.xmp=xmp"),
    layout("names with a new line", "a\n1.jpg, a\n1.xmp", first="a\n1.xmp=xmp"),
    layout("names that are not UTF-8", "caf\udce9.jpg, caf\udce9.xmp", first="caf\udce9.xmp=xmp"),
)
APPLE: Final = (
    layout("AAE", "IMG_1.HEIC, IMG_1.AAE", first="IMG_1.AAE=aae"),
    layout("AAE by name", "IMG_1.HEIC, IMG_1.HEIC.AAE", first="IMG_1.HEIC.AAE=aae"),
    layout("edited", "IMG_1.HEIC, IMG_E1.JPG, IMG_1.AAE", first="IMG_1.AAE=aae"),
    layout(
        "edited, and a portrait",
        "IMG_1.HEIC, IMG_E1.JPG, IMG_1.AAE, IMG_O1.AAE",
        first="IMG_1.AAE=aae, IMG_O1.AAE=aae",
    ),
    layout("a portrait", "IMG_1.HEIC, IMG_O1.AAE", first="IMG_O1.AAE=aae"),
    layout("edited, without the original", "IMG_E1.JPG, IMG_O1.AAE", first="IMG_O1.AAE=aae"),
    layout("edited, its edits alone", "IMG_E1.JPG, IMG_1.AAE", first="IMG_1.AAE=aae"),
    layout("AAE of another", "IMG_2.HEIC, IMG_O1.AAE"),
    layout("Live Photo", "IMG_1.HEIC, IMG_1.MOV", first="IMG_1.MOV=movie!"),
    layout("Live Photo in JPEG", "IMG_1.JPG, IMG_1.mov", first="IMG_1.mov=movie!"),
    layout("Live Photo, downloaded", "IMG_1.HEIC, IMG_1_HEVC.MOV", first="IMG_1_HEVC.MOV=movie!"),
    layout(
        "Live Photo, edited",
        "IMG_1.HEIC, IMG_E1.HEIC, IMG_1.MOV, IMG_E1.MOV, IMG_1.AAE",
        first="IMG_1.AAE=aae, IMG_1.MOV=movie!",
        second="IMG_E1.MOV=movie!",
    ),
    layout(
        "Live Photo with a sidecar each",
        "IMG_1.HEIC, IMG_1.HEIC.xmp, IMG_1.MOV, IMG_1.MOV.xmp",
        first="IMG_1.HEIC.xmp=xmp, IMG_1.MOV=movie!, IMG_1.MOV.xmp=xmp",
    ),
    layout("a movie alone", "IMG_1.MOV, IMG_1.xmp, IMG_1.THM, IMG_2.JPG"),
    layout("the poster of a movie", "IMG_1.MOV.jpg, IMG_1.MOV, IMG_1.MOV.xmp, IMG_1.MOV.json"),
)
GOOGLE: Final = (
    layout("motion photo", "MVIMG_1.jpg, MVIMG_1.MP4", first="MVIMG_1.MP4=movie!"),
    layout("motion photo, Takeout", "PXL_1.MP.jpg, PXL_1.MP", first="PXL_1.MP=movie!"),
    layout("motion photo, inside", "PXL_1.MP.jpg, PXL_2.MP"),
    layout("Takeout", "IMG_1.JPG, IMG_1.JPG.json", first="IMG_1.JPG.json=json"),
    layout("Takeout, endings differ", "IMG_1.jpg, IMG_1.JPG.JSON", first="IMG_1.JPG.JSON=json"),
    layout(
        "Takeout of late",
        "IMG_1.JPG, IMG_1.JPG.supplemental-metadata.json",
        first="IMG_1.JPG.supplemental-metadata.json=json",
    ),
    layout(
        "Takeout, its tail cut",
        f"{LONG}.jpg, {LONG[:30]}.jpg.supplemental-me.json, {LONG}.jpg.s.json",
        first=f"{LONG}.jpg.s.json=json",
    ),
    layout("Takeout, nothing left but a dot", "a.jpg, a.jpg..json", first="a.jpg..json=json"),
    layout(
        "Takeout, the name cut as well",
        f"{CUT}.jpg, {CUT[:46]}.json",
        first=f"{CUT[:46]}.json=json",
    ),
    layout(
        "Takeout, names cut and numbered",
        f"{CUT}.jpg, {CUT}(1).jpg, {CUT[:46]}.json, {CUT[:46]}(1).json",
        first=f"{CUT[:46]}.json=json",
        second=f"{CUT[:46]}(1).json=json",
    ),
    layout(
        "Takeout, names that begin alike",
        f"{CUT} a.jpg, {CUT} b.jpg, {CUT[:46]}.json",
        first=f"{CUT[:46]}.json=json-shared!",
        second=f"{CUT[:46]}.json=json-shared!",
    ),
    layout(
        "Takeout, numbered",
        "IMG_1.JPG, IMG_1(1).JPG, IMG_1.JPG.json, IMG_1.JPG(1).json",
        first="IMG_1.JPG.json=json",
        second="IMG_1.JPG(1).json=json",
    ),
    layout(
        "Takeout of late, numbered",
        "IMG_1(2).JPG, IMG_1.JPG.supplemental-metadata(2).json, IMG_1.JPG.supple(1).json",
        first="IMG_1.JPG.supplemental-metadata(2).json=json",
    ),
    layout(
        "numbered before the ending", "IMG_1(1).JPG, IMG_1(1).JPG.json",
        first="IMG_1(1).JPG.json=json",
    ),
    layout("the edited one has none", "IMG_1-edited.jpg, IMG_1.jpg.json"),
    layout("the album's own", "IMG_1.JPG, metadata.json"),
    layout("JSON by stem may be anything", "IMG_1.JPG, IMG_1.json", first="IMG_1.json=json!"),
    layout(
        "Takeout of a Live Photo",
        "IMG_1.HEIC, IMG_1.HEIC.json, IMG_1.MP4, IMG_1.MP4.json",
        first="IMG_1.HEIC.json=json, IMG_1.MP4=movie!, IMG_1.MP4.json=json",
    ),
)  # fmt: skip
RAW: Final = (
    layout("Canon", "IMG_1.JPG, IMG_1.CR2", first="IMG_1.CR2=raw!"),
    layout("Canon of late", "IMG_1.HIF, IMG_1.CR3", first="IMG_1.CR3=raw!"),
    layout("Nikon", "DSC_1.JPG, DSC_1.NEF", first="DSC_1.NEF=raw!"),
    layout("Sony", "DSC1.JPG, DSC1.ARW", first="DSC1.ARW=raw!"),
    layout("Fujifilm", "DSCF1.JPG, DSCF1.RAF", first="DSCF1.RAF=raw!"),
    layout("Olympus", "P1.JPG, P1.ORF", first="P1.ORF=raw!"),
    layout("Panasonic", "P1.JPG, P1.RW2", first="P1.RW2=raw!"),
    layout("Pentax", "P1.JPG, P1.PEF", first="P1.PEF=raw!"),
    layout("Samsung", "P1.JPG, P1.SRW", first="P1.SRW=raw!"),
    layout("a phone", "IMG_1.HEIC, IMG_1.DNG", first="IMG_1.DNG=raw!"),
    layout("two RAW", "a.JPG, a.CR2, a.DNG", first="a.CR2=raw!, a.DNG=raw!"),
    layout(
        "RAW+JPEG with a sidecar each",
        "a.JPG, a.CR2, a.CR2.xmp, a.JPG.xmp",
        first="a.CR2=raw!, a.CR2.xmp=xmp, a.JPG.xmp=xmp",
    ),
    layout("RAW+JPEG, Lightroom", "a.JPG, a.CR2, a.xmp", first="a.CR2=raw!, a.xmp=xmp"),
    layout("RAW+JPEG and DxO", "a.JPG, a.NEF, a.NEF.dop", first="a.NEF=raw!, a.NEF.dop=dop"),
    layout("RAW alone", "a.CR2, a.xmp, a.CR2.pp3", first="a.CR2.pp3=pp3, a.xmp=xmp"),
    layout(
        "two RAW without a picture",
        "a.CR2, a.DNG, a.xmp, a.DNG.xmp",
        first="a.xmp=xmp-shared!",
        second="a.DNG.xmp=xmp, a.xmp=xmp-shared!",
    ),
)  # fmt: skip
SHARED: Final = (
    layout("two formats alone", "a.HEIC, a.JPG"),
    layout(
        "two formats, one XMP",
        "a.HEIC, a.JPG, a.xmp",
        first="a.xmp=xmp-shared!",
        second="a.xmp=xmp-shared!",
    ),
    layout(
        "two formats, each with its XMP",
        "a.HEIC, a.JPG, a.HEIC.xmp, a.JPG.xmp",
        first="a.HEIC.xmp=xmp",
        second="a.JPG.xmp=xmp",
    ),
    layout(
        "two formats, one movie",
        "a.HEIC, a.JPG, a.MOV",
        first="a.MOV=movie-shared!",
        second="a.MOV=movie-shared!",
    ),
    layout(
        "two formats, one RAW",
        "a.JPG, a.TIF, a.NEF, a.NEF.xmp",
        first="a.NEF=raw-shared!, a.NEF.xmp=xmp-shared!",
        second="a.NEF=raw-shared!, a.NEF.xmp=xmp-shared!",
    ),
    layout(
        "endings that differ in case",
        "a.JPG, a.jpg, a.JPG.xmp, a.Jpg.json",
        first="a.JPG.xmp=xmp, a.Jpg.json=json-shared!",
        second="a.Jpg.json=json-shared!",
    ),
)
LAYOUTS: Final = (*PLAIN, *APPLE, *GOOGLE, *RAW, *SHARED)
