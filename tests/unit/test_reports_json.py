"""The JSON report: complete, the same every time, and read back without a guess."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import fields, replace
from importlib.metadata import version

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_clusters import results

from dupfinder.choose import plan
from dupfinder.errors import UsageError
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
    StageTime,
    Stamp,
)
from dupfinder.reports.json import json_lines, to_json
from dupfinder.reports.json_reader import from_json

LATIN1 = b"/lib/caf\xe9.jpg".decode("utf-8", "surrogateescape")


def photo(path: str, size: int = 1000) -> Photo:
    return Photo(
        file=PhotoFile(path, Stamp(1, 2, size, 1_563_128_525_123_456_789, 5)),
        digest=b"\xab\xcd",
        pixel_digest=None,
        format="JPEG",
        width=400,
        height=300,
        inner=(380, 280),
        taken_at="2019-07-14 18:22:05",
        camera="Camera X",
        exposure=None,
        quality=100,
        quantization=3.265625,
        lossless=False,
        fingerprints=(Fingerprint("phash", 5, 64),),
    )


def found(**evidence: object) -> Found:
    one, other = photo("/lib/a.jpg", 3000), photo(LATIN1)
    edits = (Edit("resized", 0.5), Edit("mirrored"))
    match = Match(one, other, Relation.COPY, edits, Evidence("orb", **evidence))
    return Found(
        roots=("/lib",),
        level="copies",
        hasher="phash",
        radius=8,
        discovered=4,
        compared=3,
        other_files=1,
        clusters=(Cluster("c0ffee", (one, other), (match,)),),
        skipped=(Skipped("/lib/x.jpg", "decode", "truncated", "image file is truncated"),),
        stages=(StageTime("decode", 1.5, "3 photos"),),
        notes=("note",),
    )


def test_the_report_whole():
    measured = {"written": (0.04, -0.0), "saturation": (12.5, 0.25), "hue": 0.0, "detail": -1.25}
    report = json.loads(to_json(found(distance=4, inliers=213, ratio=0.81, **measured)))
    stamp = {"device": 1, "inode": 2, "mtime_ns": 1_563_128_525_123_456_789, "ctime_ns": 5}
    common = {
        "links": [],
        "link_count": 1,
        "companions": [],
        "reference": None,
        "width": 400,
        "height": 300,
        "inner": [380, 280],
        "format": "JPEG",
        "taken_at": "2019-07-14 18:22:05",
        "camera": "Camera X",
        "exposure": None,
        "annotations": [],
        "modified": "2019-07-14T18:22:05Z",
        "digest": "abcd",
        "pixel_digest": None,
        "quality": 100,
        "quantization": 3.265625,
        "lossless": False,
        "frames": 1,
        "damage": None,
        "fingerprints": [{"hasher": "phash", "length": 64, "bits": "0000000000000005"}],
        "stamp": stamp,
    }
    assert report == {
        "dupfinder": version("dupfinder"),
        "schema": 5,
        "roots": [{"path": "/lib"}],
        "references": [],
        "level": "copies",
        "hasher": "phash",
        "radius": 8,
        "counts": {
            "discovered": 4,
            "compared": 3,
            "skipped": 1,
            "other_files": 1,
            "clusters": 1,
            "copies": 1,
            "similar": 0,
            "reclaimable_bytes": 1000,
        },
        "clusters": [
            {
                "id": "c0ffee",
                "representative": "/lib/a.jpg",
                "members": [
                    {"path": "/lib/a.jpg", "size": 3000, **common},
                    {
                        "path": "/lib/caf\\xe9.jpg",
                        "path_base64": "L2xpYi9jYWbpLmpwZw==",
                        "size": 1000,
                        **common,
                        "base": None,
                        "relation": "copy",
                        "doubtful": False,
                        "edits": [
                            {"kind": "resized", "amount": 0.5},
                            {"kind": "mirrored", "amount": None},
                        ],
                        "evidence": {
                            "verifier": "orb",
                            "distance": 4,
                            "inliers": 213,
                            "ratio": 0.81,
                            "overlap": None,
                            "agreement": None,
                            "tone": None,
                            "transform": None,
                            "written": [0.04, 0.0],
                            "beyond": None,
                            "saturation": [12.5, 0.25],
                            "hue": 0.0,
                            "detail": -1.25,
                        },
                    },
                ],
            }
        ],
        "singles": [],
        "similar": [],
        "skipped": [
            {
                "path": "/lib/x.jpg",
                "stage": "decode",
                "code": "truncated",
                "reason": "image file is truncated",
            }
        ],
    }


def test_no_number_of_the_evidence_is_forgotten():
    report = json.loads(to_json(found()))
    written = report["clusters"][0]["members"][1]["evidence"]
    assert list(written) == [field.name for field in fields(Evidence)]


def test_names_are_in_the_order_of_their_bytes():
    # As text the byte FF sorts before the emoji, on disk after it.
    skipped = [Skipped(name, "decode", "x", "y") for name in ("\udcff", "🎉")]
    report = json.loads(to_json(replace(found(), skipped=tuple(skipped))))
    assert [entry["path"] for entry in report["skipped"]] == ["🎉", "\\xff"]


def test_one_line_a_photo():
    lines = [line.strip() for line in to_json(found()).splitlines() if '"digest"' in line]
    photos = [json.JSONDecoder().raw_decode(line)[0] for line in lines]
    assert [each["path"] for each in photos] == ["/lib/a.jpg", "/lib/caf\\xe9.jpg"]


def test_a_plan_is_told_with_its_reasons():
    report = json.loads(to_json(found(), plan(found())))
    kept, copy = {"path": "/lib/a.jpg"}, {"path": "/lib/caf\\xe9.jpg"}
    assert report["plan"] == {
        "rules": [
            "true-resolution",
            "not-edited",
            "camera-data",
            "original-format",
            "most-pixels",
            "least-compressed",
            "most-metadata",
            "oldest",
            "shortest-path",
        ],
        "reclaimed_bytes": 1000,
        "keepers": [kept],
        "actions": [
            {
                "kind": "remove",
                **copy,
                "path_base64": "L2xpYi9jYWbpLmpwZw==",
                "keeper": kept,
                "relation": "copy",
                "doubtful": False,
                "frees_bytes": 1000,
                "rule": "true-resolution",
                "because": "400x300 against 400x300 pixels, the same at 50 % of the size",
                "loses": [],
                "sidecar": None,
            }
        ],
        "ties": [],
        "spared": [],
    }


def test_ties_and_spared_photos_are_told():
    report = json.loads(to_json(found(), plan(found(), [])))
    assert [(tie["keeper"]["path"], tie["relation"]) for tie in report["plan"]["ties"]] == [
        ("/lib/a.jpg", "copy")
    ]


def chained() -> Found:
    """c was compared with b, b with the representative a; d is alone, and another shot of a."""
    a, b, c, d = (photo(f"/lib/{name}.jpg") for name in "abcd")
    matches = tuple(
        Match(base, copy, Relation.COPY, (), Evidence("orb")) for base, copy in ((a, b), (b, c))
    )
    return replace(
        found(),
        clusters=(Cluster("c", (a, b, c), matches),),
        similar=(Match(a, d, Relation.SIMILAR, (), Evidence("sift", inliers=40)),),
    )


def test_a_member_names_what_it_was_compared_with_unless_it_is_the_representative():
    (cluster,) = json.loads(to_json(chained()))["clusters"]
    representative, direct, indirect = cluster["members"]
    assert "base" not in representative
    assert direct["base"] is None
    assert indirect["base"] == {"path": "/lib/b.jpg"}


def test_similar_pairs_are_told_and_each_of_their_photos_is_described_once():
    report = json.loads(to_json(chained()))
    (pair,) = report["similar"]
    assert (pair["base"], pair["copy"]) == ({"path": "/lib/a.jpg"}, {"path": "/lib/d.jpg"})
    assert (pair["relation"], pair["evidence"]["inliers"]) == ("similar", 40)
    assert [single["path"] for single in report["singles"]] == ["/lib/d.jpg"]
    assert report["counts"]["similar"] == 1


def test_a_doubtful_copy_is_marked():
    (cluster,) = found().clusters
    doubtful = replace(cluster.matches[0], doubtful=True)
    report = json.loads(
        to_json(replace(found(), clusters=(replace(cluster, matches=(doubtful,)),)))
    )
    assert member(report)["doubtful"] is True


def test_floats_are_rounded_and_what_is_no_number_is_null():
    nan = float("nan")
    transform = (1.000000049, -0.0, 1234.56789, 0.0, 1.0, 0.0, 0.00000123456789, 0.0, 1.0)
    text = to_json(
        found(
            ratio=0.123456,
            overlap=-0.000001,
            agreement=nan,
            transform=transform,
            written=(0.123456, -0.000001),
            beyond=(1.0, nan),
        )
    )
    evidence = json.loads(text)["clusters"][0]["members"][1]["evidence"]
    assert "-0.0" not in text
    assert (evidence["ratio"], evidence["overlap"], evidence["agreement"]) == (0.1235, 0.0, None)
    assert (evidence["written"], evidence["beyond"]) == ([0.1235, 0.0], None)
    assert evidence["transform"] == [1.0, 0.0, 1234.568, 0.0, 1.0, 0.0, 1.234568e-06, 0.0, 1.0]
    broken = found(transform=(float("inf"), *transform[1:]))
    assert json.loads(to_json(broken))["clusters"][0]["members"][1]["evidence"]["transform"] is None


@given(results((None, None, "/ref/\udcff")))
def test_only_ascii_that_prints_is_written(result):
    text = to_json(result, plan(result))
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    json.loads(text)


@given(results((None, None, "/ref/\udcff")))
def test_names_that_are_not_utf8_keep_their_bytes(result):
    report = json.loads(to_json(result))
    for cluster, entry in zip(result.clusters, report["clusters"], strict=True):
        for member, written in zip(cluster.members, entry["members"], strict=True):
            raw = member.path.encode("utf-8", "surrogateescape")
            if "path_base64" in written:
                assert b64decode(written["path_base64"]) == raw
            else:
                assert written["path"].encode() == raw


@given(results((None, None, "/ref/\udcff")), st.randoms(use_true_random=False))
def test_the_order_of_the_result_does_not_show(result, random):
    def shuffled(cluster: Cluster) -> Cluster:
        pairs = list(zip(cluster.members[1:], cluster.matches, strict=True))
        random.shuffle(pairs)
        members = (cluster.representative, *(member for member, _ in pairs))
        return replace(cluster, members=members, matches=tuple(match for _, match in pairs))

    clusters = [shuffled(cluster) for cluster in result.clusters]
    skipped = list(result.skipped)
    similar = list(result.similar)
    random.shuffle(clusters)
    random.shuffle(skipped)
    random.shuffle(similar)
    other = replace(
        result,
        clusters=tuple(clusters),
        skipped=tuple(skipped),
        similar=tuple(similar),
        stages=(StageTime("decode", random.random(), ""),),
        notes=("warm",),
    )
    assert to_json(other, plan(other)) == to_json(result, plan(result))


def test_large_reports_are_written_piece_by_piece():
    many = replace(found(), clusters=found().clusters * 100)
    assert max(map(len, json_lines(many))) < len(to_json(many)) / 50


# Reading back


@given(results((None, None, "/ref/\udcff")))
def test_what_is_read_is_what_was_found(result):
    assert from_json(to_json(result)) == result
    assert from_json(to_json(result, plan(result))) == result


def damaged(change) -> str:
    report = json.loads(to_json(found(transform=(1.0,) * 9)))
    change(report)
    return json.dumps(report)


def member(report: dict, number: int = 1) -> dict:
    entry: dict = report["clusters"][0]["members"][number]
    return entry


def base_of(entry: dict) -> dict:
    return {key: entry[key] for key in ("path", "path_base64") if key in entry}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda r: r.pop("dupfinder"), "it was not written by dupfinder"),
        (lambda r: r.update(schema=1), "it is of schema 1, and only 5 is known here"),
        (lambda r: r.update(schema="1"), "the report has no valid 'schema'"),
        (lambda r: r.update(radius=True), "the report has no valid 'radius'"),
        (lambda r: r.update(counts=[]), "'counts' of the report is not an object"),
        (lambda r: r["skipped"].clear(), "its count of 'skipped' does not fit what it lists"),
        (lambda r: r["clusters"].clear(), "its count of 'clusters' does not fit"),
        (lambda r: r["counts"].update(compared=9), "its count of 'discovered' does not fit"),
        (lambda r: r["clusters"][0]["members"].pop(), "a cluster has fewer than two members"),
        (
            lambda r: member(r).pop("width"),
            "'members' number 2 of 'clusters' number 1 of the report has no valid 'width'",
        ),
        (lambda r: member(r).update(size=0), "a photo has no pixels, no frames or no bytes"),
        (lambda r: member(r).update(inner=[1.5, 2]), "is not 2 valid numbers"),
        (lambda r: member(r).update(inner=[1]), "is not 2 valid numbers"),
        (lambda r: member(r).update(doubtful=None), "no valid 'doubtful'"),
        (lambda r: member(r).pop("base"), "'base' of 'members' number 2"),
        (lambda r: member(r).update(base={"path": "/x"}), "is not described"),
        (lambda r: member(r).update(base=base_of(member(r))), "too far from its representative"),
        (lambda r: member(r).update(path_base64="L2xpYi9hLmpwZw=="), "is listed twice"),
        (lambda r: r.update(singles=[member(r, 0)]), "'/lib/a.jpg' is listed twice"),
        (lambda r: r["counts"].update(similar=1), "its count of 'similar' does not fit"),
        (lambda r: member(r).update(relation="twin"), "'twin' is not a valid Relation"),
        (lambda r: member(r).update(digest="xyz"), "non-hexadecimal"),
        (lambda r: member(r).update(path_base64="?"), "base64"),
        (lambda r: member(r, 0).update(path=""), "a path is empty or holds a zero byte"),
        (lambda r: member(r, 0).update(path="a\0b"), "a path is empty or holds a zero byte"),
        (lambda r: member(r, 0).update(path="\udcff"), "surrogates not allowed"),
        (lambda r: member(r)["evidence"].update(transform=[1.0]), "is not 9 valid"),
        (lambda r: member(r)["evidence"].update(transform=["1"] * 9), "is not 9 valid"),
        (lambda r: member(r)["evidence"].update(written=[0.5]), "is not 2 valid numbers"),
        (lambda r: member(r)["evidence"].update(beyond=[True, 0]), "is not 2 valid numbers"),
        (lambda r: member(r)["edits"][0].update(amount=10**400), "too large"),
        (lambda r: member(r)["fingerprints"][0].update(length=2), "more bits than its length"),
    ],
)
def test_a_damaged_report_is_one_clear_sentence(change, why):
    with pytest.raises(UsageError, match="cannot read the report: ") as raised:
        from_json(damaged(change))
    assert why in str(raised.value)
    assert str(raised.value).isprintable()
    assert raised.value.hint


XMP = {"path": "/lib/a.xmp", "kind": "xmp", "is_content": False}
SHARED = {"path": "/lib/a.xmp", "kind": "xmp-shared-dd5e7f3cf458", "is_content": True}


def with_companions(companions: object) -> str:
    return damaged(lambda report: member(report, 0).update(companions=companions))


@pytest.mark.parametrize("companion", [XMP, SHARED])
def test_companions_are_read_as_they_were_written(companion):
    text = with_companions([companion])
    (representative, _) = from_json(text).clusters[0].members
    assert representative.file.companions == (Companion(**companion),)
    assert json.loads(to_json(from_json(text)))["clusters"] == json.loads(text)["clusters"]


@pytest.mark.parametrize(
    "companions",
    [
        None,
        [XMP | {"is_content": 0}],
        [XMP | {"kind": None}],
        [XMP | {"path": "/lib/b.jpg"}],
        [XMP | {"path": "/lib/a.jpg"}],
        [XMP | {"path": "/a.xmp"}],
        [XMP | {"kind": "raw"}],
        [SHARED | {"is_content": False}],
        [XMP, XMP],
    ],
)
def test_companions_that_cannot_be_are_refused(companions):
    with pytest.raises(UsageError, match=r"cannot read the report: .*companion"):
        from_json(with_companions(companions))


def rewired(*bases: str | None) -> str:
    """A star of a, b, c, d whose members b, c and d were compared with `bases`."""
    (cluster,) = chained().clusters
    members = (*cluster.members, photo("/lib/d.jpg"))
    matches = tuple(
        Match(members[0], copy, Relation.COPY, (), Evidence("orb")) for copy in members[1:]
    )
    star = Cluster("c", members, matches)
    report = json.loads(to_json(replace(found(), clusters=(star,))))
    for number, base in enumerate(bases, start=1):
        if base is not None:
            member(report, number)["base"] = {"path": f"/lib/{base}.jpg"}
    return json.dumps(report)


@pytest.mark.parametrize("bases", [(None, "b", "b"), (None, None, "b"), ("a", "b", "a")])
def test_comparisons_with_one_step_between_are_read(bases):
    (cluster,) = from_json(rewired(*bases)).clusters
    named = [match.base.path for match in cluster.matches]
    assert named == [f"/lib/{base or 'a'}.jpg" for base in bases]


@pytest.mark.parametrize("bases", [(None, "b", "c"), ("c", "b", None), ("b", None, None)])
def test_chains_and_rings_of_comparisons_are_refused(bases):
    with pytest.raises(UsageError, match="too far from its representative"):
        from_json(rewired(*bases))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"relation": "copy"}, "is listed as similar and is not"),
        ({"copy": {"path": "/lib/a.jpg"}}, "is listed as similar and is not"),
        ({"copy": {"path": "/lib/x.jpg"}}, "'/lib/x.jpg' takes part in a comparison and is not"),
        ({"base": None}, "'base' of 'similar' number 1 of the report is not an object"),
    ],
)
def test_damaged_similar_pairs_are_refused(change, why):
    report = json.loads(to_json(chained()))
    assert from_json(json.dumps(report)).similar == chained().similar
    report["similar"][0].update(change)
    with pytest.raises(UsageError) as raised:
        from_json(json.dumps(report))
    assert why in str(raised.value)


def test_a_number_beyond_all_numbers_is_refused():
    endless = to_json(found()).replace("3.265625", "1e999")
    with pytest.raises(UsageError, match="no valid 'quantization'"):
        from_json(endless)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"a": NaN}', to_json(found())[:-200]])
def test_what_is_not_json_is_said_to_be_none(text):
    with pytest.raises(UsageError, match="it is not JSON"):
        from_json(text)


def test_json_that_is_no_object_is_refused():
    with pytest.raises(UsageError, match="the report is not an object"):
        from_json("[]")


@pytest.mark.parametrize("key", ["digest", "pixel_digest"])
def test_an_empty_digest_is_refused(key: str) -> None:
    report = json.loads(to_json(found()))
    report["clusters"][0]["members"][1][key] = ""
    with pytest.raises(UsageError, match="empty digest"):
        from_json(json.dumps(report))


def test_companions_come_back_and_only_with_their_own_photo() -> None:
    one = photo("/lib/a.jpg", 3000)
    beside = (Companion("/lib/a.jpg.xmp", "xmp", is_content=False),)
    carrying = replace(one, file=replace(one.file, companions=beside))
    star = found().clusters[0]
    match = replace(star.matches[0], base=carrying)
    written = replace(found(), clusters=(Cluster("c", (carrying, star.members[1]), (match,)),))
    text = to_json(written)
    assert from_json(text) == written
    for other in ("/lib/b.jpg.xmp", "/etc/a.jpg.xmp", "/lib/a.png"):
        with pytest.raises(UsageError, match="does not belong"):
            from_json(text.replace("/lib/a.jpg.xmp", other))


def test_a_document_of_another_kind_is_told_from_a_report() -> None:
    with pytest.raises(UsageError, match="not of a scan"):
        from_json('{"kind": "clean", "dupfinder": "1", "schema": 1}')
