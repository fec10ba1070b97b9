"""The JSON report -> the `Found` that it was written from.

Strict: a report may come from another version, a half-full disk or an editor, and what is read here
may end in removals. Anything unexpected is one clear sentence, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable

from dupfinder.companions import could_be
from dupfinder.model import (
    ANNOTATIONS,
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
    Sides,
    Skipped,
    Stamp,
    Transform,
)
from dupfinder.reports.json import SCHEMA
from dupfinder.reports.json_fields import Fields, parse, path_in, unreadable


def from_json(text: str) -> Found:
    """The result as it was found; how long it took and its notes are not in a report.

    Raises:
        UsageError: if `text` is no report of this schema, is damaged, or contradicts itself.
    """
    report = parse(text)
    if report.has("kind"):
        raise unreadable("it tells of a plan or a run, not of a scan")
    if not report.has("dupfinder"):
        raise unreadable("it was not written by dupfinder")
    schema = report.get("schema", int)
    if schema != SCHEMA:
        raise unreadable(f"it is of schema {schema}, and only {SCHEMA} is known here")
    try:
        found = _found(report)
    except (ValueError, OverflowError) as error:
        raise unreadable(str(error)) from error
    _check(found, report.object("counts"))
    return found


def _found(report: Fields) -> Found:
    counts = report.object("counts")
    clusters = report.objects("clusters", _cluster)
    singles = report.objects("singles", _photo)
    photos = _by_path((*singles, *(photo for star in clusters for photo in star.members)))
    return Found(
        roots=report.objects("roots", path_in),
        references=report.objects("references", path_in),
        level=report.get("level", str),
        hasher=report.get("hasher", str),
        radius=report.get("radius", int),
        discovered=counts.get("discovered", int),
        compared=counts.get("compared", int),
        other_files=counts.get("other_files", int),
        clusters=clusters,
        skipped=report.objects("skipped", _skipped),
        similar=report.objects("similar", lambda entry: _pair(entry, photos)),
    )


def _check(found: Found, counts: Fields) -> None:
    """A report that was cut, or from which lines were taken, does not add up."""
    derived = {
        "skipped": len(found.skipped),
        "clusters": len(found.clusters),
        "copies": found.copies,
        "similar": len(found.similar),
        "reclaimable_bytes": found.reclaimable,
        "discovered": found.compared + len(found.skipped),
    }
    for key, count in derived.items():
        if counts.get(key, int) != count:
            raise unreadable(f"its count of {key!r} does not fit what it lists")


def _cluster(entry: Fields) -> Cluster:
    entries = entry.objects("members", lambda member: member)
    if len(entries) < 2:
        raise unreadable("a cluster has fewer than two members")
    members = tuple(map(_photo, entries))
    photos = _by_path(members)
    matches = tuple(
        _match(_base(member, photos, members[0]), photo, member)
        for photo, member in zip(members[1:], entries[1:], strict=True)
    )
    _check_star(members[0], matches)
    return Cluster(entry.get("id", str), members, matches)


def _by_path(photos: Iterable[Photo]) -> dict[str, Photo]:
    by_path: dict[str, Photo] = {}
    for photo in photos:
        if by_path.setdefault(photo.path, photo) is not photo:
            raise unreadable(f"{photo.path!r} is listed twice")
    return by_path


def _base(member: Fields, photos: dict[str, Photo], representative: Photo) -> Photo:
    """What a member was compared with: null stands for the representative."""
    base = member.maybe_object("base")
    return representative if base is None else _photo_at(base, photos)


def _photo_at(entry: Fields, photos: dict[str, Photo]) -> Photo:
    path = path_in(entry)
    if path not in photos:
        raise unreadable(f"{path!r} takes part in a comparison and is not described")
    return photos[path]


def _check_star(representative: Photo, matches: tuple[Match, ...]) -> None:
    """A base that is not the representative was compared with it: no chains and no rings."""
    direct = {match.copy.path for match in matches if match.base.path == representative.path}
    for match in matches:
        if match.base.path not in {representative.path, *direct}:
            raise unreadable(f"{match.copy.path!r} is too far from its representative")


def _pair(entry: Fields, photos: dict[str, Photo]) -> Match:
    base = _photo_at(entry.object("base"), photos)
    match = _match(base, _photo_at(entry.object("copy"), photos), entry)
    if match.relation is not Relation.SIMILAR or match.copy.path == base.path:
        raise unreadable(f"{match.copy.path!r} is listed as similar and is not")
    return match


def _match(base: Photo, copy: Photo, entry: Fields) -> Match:
    return Match(
        base,
        copy,
        relation=Relation(entry.get("relation", str)),
        edits=entry.objects("edits", _edit),
        evidence=_evidence(entry.object("evidence")),
        doubtful=entry.get("doubtful", bool),
    )


def _edit(entry: Fields) -> Edit:
    return Edit(entry.get("kind", str), entry.maybe("amount", float))


def _evidence(entry: Fields) -> Evidence:
    return Evidence(
        verifier=entry.get("verifier", str),
        distance=entry.maybe("distance", int),
        inliers=entry.maybe("inliers", int),
        ratio=entry.maybe("ratio", float),
        overlap=entry.maybe("overlap", float),
        agreement=entry.maybe("agreement", float),
        tone=entry.maybe("tone", float),
        transform=_transform(entry),
        written=_sides(entry, "written"),
        beyond=_sides(entry, "beyond"),
        saturation=_sides(entry, "saturation"),
        hue=entry.maybe("hue", float),
        detail=entry.maybe("detail", float),
    )


def _transform(entry: Fields) -> Transform | None:
    entries = entry.maybe_numbers("transform", float, 9)
    if entries is None:
        return None
    a, b, c, d, e, f, g, h, i = entries
    return a, b, c, d, e, f, g, h, i


def _sides(entry: Fields, key: str) -> Sides | None:
    sides = entry.maybe_numbers(key, float, 2)
    return None if sides is None else (sides[0], sides[1])


def _photo(entry: Fields) -> Photo:
    pixel_digest = entry.maybe("pixel_digest", str)
    inner = entry.numbers("inner", int, 2)
    photo = Photo(
        file=_file(entry),
        digest=bytes.fromhex(entry.get("digest", str)),
        pixel_digest=bytes.fromhex(pixel_digest) if pixel_digest is not None else None,
        format=entry.get("format", str),
        width=entry.get("width", int),
        height=entry.get("height", int),
        inner=(inner[0], inner[1]),
        taken_at=entry.maybe("taken_at", str),
        camera=entry.maybe("camera", str),
        exposure=entry.maybe("exposure", str),
        quality=entry.get("quality", int),
        quantization=entry.maybe("quantization", float),
        lossless=entry.get("lossless", bool),
        frames=entry.get("frames", int),
        damage=entry.maybe("damage", str),
        fingerprints=entry.objects("fingerprints", _fingerprint),
        annotations=entry.names("annotations", ANNOTATIONS),
    )
    if not photo.digest or photo.pixel_digest == b"":  # two unknown ones would be equal
        raise unreadable("a photo has an empty digest")
    if min(photo.width, photo.height, *photo.inner, photo.size, photo.frames) < 1:
        raise unreadable("a photo has no pixels, no frames or no bytes")
    return photo


def _file(entry: Fields) -> PhotoFile:
    stamp = entry.object("stamp")
    path = path_in(entry)
    companions = entry.objects("companions", _companion)
    reference = entry.maybe_object("reference")
    if not could_be(path, companions):
        raise unreadable(f"{path!r} has a companion that does not belong to it")
    return PhotoFile(
        path=path,
        stamp=Stamp(
            device=stamp.get("device", int),
            inode=stamp.get("inode", int),
            size=entry.get("size", int),
            mtime_ns=stamp.get("mtime_ns", int),
            ctime_ns=stamp.get("ctime_ns", int),
        ),
        links=entry.objects("links", path_in),
        link_count=entry.get("link_count", int),
        companions=companions,
        reference=None if reference is None else path_in(reference),
    )


def _companion(entry: Fields) -> Companion:
    return Companion(path_in(entry), entry.get("kind", str), entry.get("is_content", bool))


def _fingerprint(entry: Fields) -> Fingerprint:
    bits = int.from_bytes(bytes.fromhex(entry.get("bits", str)))
    length = entry.get("length", int)
    if bits.bit_length() > length:
        raise unreadable("a fingerprint has more bits than its length")
    return Fingerprint(entry.get("hasher", str), bits, length)


def _skipped(entry: Fields) -> Skipped:
    code, reason = entry.get("code", str), entry.get("reason", str)
    return Skipped(path_in(entry), entry.get("stage", str), code, reason)
