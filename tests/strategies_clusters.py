"""Hypothesis strategies for photos, matches, clusters and whole results.

Few distinct values on purpose: ties between photos must be as common as differences.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from dupfinder.companions import companions_in
from dupfinder.model import (
    Cluster,
    Companion,
    Edit,
    Evidence,
    Fingerprint,
    Found,
    Match,
    Photo,
    PhotoFile,
    Relation,
    Skipped,
    Stamp,
)


def a_photo(path: str, **changes: Any) -> Photo:
    """A plain photo with what a test wants to be different; `inner` follows the sides."""
    plain = Photo(
        file=PhotoFile(path, Stamp(1, 2, 1000, 0, 0)),
        digest=path.encode("utf-8", "surrogateescape"),
        pixel_digest=None,
        format="JPEG",
        width=400,
        height=300,
        inner=(400, 300),
        taken_at="2019-07-14 18:22:05",
        camera="Camera X",
        exposure="t=0.01 f=8 iso=100",
        quality=100,
        quantization=3.25,
        lossless=False,
        fingerprints=(),
    )
    sides = changes.get("width", plain.width), changes.get("height", plain.height)
    return replace(plain, **{"inner": sides} | changes)


# Names as a file system may hold them: any bytes but NUL and the slash.
names = st.one_of(
    st.sampled_from(["a.jpg", "IMG_0001.jpg", "[red]x[/red].jpg", "Grüße 写真.jpg", "a\\x07b.png"]),
    st.binary(min_size=1, max_size=12).map(
        lambda raw: raw.translate(None, b"\0/").decode("utf-8", "surrogateescape")
    ),
)

reasons = st.sampled_from(["image file is truncated", "[b]odd[/b]\n\x1b[31m", "über"])
fractions = st.none() | st.floats(-1, 1).map(lambda x: round(x, 4) + 0.0)
counts = st.none() | st.integers(0, 300)
sides = st.none() | st.tuples(*[st.floats(0, 1).map(lambda x: round(x, 4))] * 2)
entries = st.integers(-9_999_999, 9_999_999).map(lambda x: x / 1e4)

evidences = st.builds(
    Evidence,
    verifier=st.sampled_from(["bytes", "pixels", "orb"]),
    distance=counts,
    inliers=counts,
    ratio=fractions,
    overlap=fractions,
    agreement=fractions,
    tone=fractions,
    transform=st.none() | st.tuples(*[entries] * 9),
    written=sides,
    beyond=sides,
    saturation=sides,
    hue=fractions,
    detail=fractions,
)

edits = st.one_of(
    st.sampled_from([Edit("re-encoded"), Edit("mirrored"), Edit("turned", 90.0), Edit("grey")]),
    st.builds(
        Edit,
        st.sampled_from(["resized", "cropped", "extended", "written over", "of the future"]),
        st.sampled_from([0.5, 0.25, 2.0]),
    ),
)


# Folders of which photos may lie in one.
References = tuple[str | None, ...]


@st.composite
def companions(draw: st.DrawFn, path: str) -> tuple[Companion, ...]:
    """Some of those that the photo may have by its name, as if alone or shared."""
    stem = os.path.splitext(path)[0]
    possible = (f"{path}.xmp", f"{stem}.AAE", f"{stem}.MOV", f"{stem}.CR2", f"{path}.json")
    beside = [each for each in possible if draw(st.booleans())]
    if draw(st.booleans()):
        beside.append(f"{stem}.PNG")
    folder, name = os.path.split(path)
    return companions_in(folder, map(os.path.basename, (path, *beside))).get(name, ())


@st.composite
def photos(draw: st.DrawFn, path: str, references: References = (None,)) -> Photo:
    encoding = draw(st.sampled_from([("PNG", True), ("JPEG", False), ("HEIF", False)]))
    quantization = st.sampled_from([3.25, 3.28125, 11.75]) | st.none()
    width, height = draw(st.sampled_from([(100, 100), (100, 200), (200, 100), (200, 200)]))
    return Photo(
        file=PhotoFile(
            path=path,
            stamp=Stamp(
                device=7,
                inode=draw(st.integers(1, 2**64 - 1)),
                size=draw(st.sampled_from([1, 1000, 1010, 90_000])),
                mtime_ns=draw(st.sampled_from([0, 1_600_000_000 * 10**9, 10**30])),
                ctime_ns=0,
            ),
            links=draw(st.sampled_from([(), (path + " (link)",)])),
            link_count=draw(st.integers(1, 2)),
            companions=draw(companions(path)),
            reference=draw(st.sampled_from(references)),
        ),
        digest=draw(st.binary(min_size=4, max_size=4)),
        pixel_digest=draw(st.none() | st.just(b"\x01\x02")),
        format=encoding[0],
        width=width,
        height=height,
        inner=draw(st.sampled_from([(width, height), (90, 90)])),
        taken_at=draw(st.sampled_from([None, "2019-07-14 18:22:05", "2021-01-03 09:00:00"])),
        camera=draw(st.sampled_from([None, "Camera X"])),
        exposure=draw(st.sampled_from([None, "t=0.01 f=8 iso=100"])),
        annotations=draw(st.sampled_from([(), ("keywords",), ("place", "rating")])),
        frames=draw(st.sampled_from([1, 1, 1, 2, 31])),
        damage=draw(st.sampled_from([None, None, "a complaint"])),
        quality=draw(st.integers(0, 100)),
        quantization=draw(quantization) if encoding[0] == "JPEG" else None,
        lossless=encoding[1],
        fingerprints=(Fingerprint("dct256", draw(st.integers(0, 2**256 - 1)), 256),),
    )


@st.composite
def compared(draw: st.DrawFn, base: Photo, copy: Photo) -> Match:
    relation = draw(st.sampled_from(Relation))
    return Match(
        base=base,
        copy=copy,
        relation=relation,
        edits=tuple(draw(st.lists(edits, max_size=3))),
        evidence=draw(evidences),
        doubtful=relation is Relation.COPY and draw(st.booleans()),
    )


@st.composite
def shots(draw: st.DrawFn, stars: list[Cluster]) -> tuple[Match, ...]:
    """Pairs of other shots: single photos, and representatives with a single photo."""
    singles = [draw(photos(f"/lib/z{i}/{draw(names)}")) for i in range(draw(st.integers(0, 3)))]
    bases = [*(star.representative for star in stars), *singles]
    pairs = [(base, copy) for base in bases for copy in singles if base.path < copy.path]
    pairs.sort(key=lambda pair: tuple(os.fsencode(photo.path) for photo in pair))
    return tuple(
        Match(base, copy, Relation.SIMILAR, (), draw(evidences))
        for base, copy in pairs
        if draw(st.booleans())
    )


@st.composite
def clusters(draw: st.DrawFn, number: int = 0, references: References = (None,)) -> Cluster:
    """A star as the cluster stage makes it: representative first, the others by path."""
    size = draw(st.integers(2, 4))
    # The number in the folder keeps paths apart; its width keeps ties of length possible.
    # In order by their numbers, and so by their bytes.
    paths = [f"/lib/{number:03}{i:03}/{draw(names)}" for i in range(size)]
    first = draw(st.integers(0, size - 1))
    paths.insert(0, paths.pop(first))
    members = tuple(draw(photos(path, references)) for path in paths)
    # Some of the last were compared with the second, which was with the representative.
    bases = [members[0], *(draw(st.sampled_from(members[:2])) for _ in members[2:])]
    matches = tuple(
        draw(compared(base, copy)) for base, copy in zip(bases, members[1:], strict=True)
    )
    return Cluster(f"{number:012x}", members, matches)


@st.composite
def results(draw: st.DrawFn, references: References = (None,)) -> Found:
    stars = [draw(clusters(number, references)) for number in range(draw(st.integers(0, 3)))]
    stars.sort(key=lambda cluster: cluster.representative.path)
    skipped = tuple(
        Skipped(f"/lib/s{number}/{draw(names)}", "decode", "truncated", draw(reasons))
        for number in range(draw(st.integers(0, 3)))
    )
    done = sum(len(star.members) for star in stars) + draw(st.integers(0, 9))
    return Found(
        roots=("/lib",),
        level="copies",
        hasher="dct256",
        radius=60,
        discovered=done + len(skipped),
        compared=done,
        other_files=draw(st.integers(0, 9)),
        clusters=tuple(stars),
        skipped=skipped,
        similar=draw(shots(stars)),
        references=tuple(each for each in references if each is not None),
    )
