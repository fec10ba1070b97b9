"""What only a deep scan finds, as a user meets it: crops, screenshots, collages, other shots."""

from __future__ import annotations

import json
import os
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps
from scanning import run
from shots import opened

Report = dict[str, Any]

MARKET, LAKE, SUNSET = (
    "2020 City/DSC_0126.jpg",
    "2019 Summer/IMG_2041.jpg",
    "2019 Summer/IMG_2072.jpg",
)


def save(picture: Image.Image, path: Path, taken: str | None = None, quality: int = 88) -> None:
    exif = Image.Exif()
    if taken is not None:
        exif.get_ifd(0x8769)[0x9003] = taken
    picture.save(path, quality=quality, exif=exif)
    os.utime(path, (1_600_000_000, 1_600_000_000))


def cut(picture: Image.Image, across: float, down: float, share: float) -> Image.Image:
    """A part of a picture: where it begins, and its share of each side."""
    left, top = round(picture.width * across), round(picture.height * down)
    end = left + round(picture.width * share), top + round(picture.height * share)
    return picture.crop((left, top, *end))


def on_a_phone(picture: Image.Image) -> Image.Image:
    """A screenshot of a program that shows the picture between bars with writing on them."""
    screen = Image.new("RGB", (540, 1100), (18, 18, 20))
    screen.paste(ImageOps.contain(picture, (540, 700)), (0, 240))
    pen = ImageDraw.Draw(screen)
    pen.rectangle((0, 0, 540, 110), fill=(40, 90, 160))
    for row in range(8):
        y = 700 + 48 * row
        pen.ellipse((20, y, 56, y + 36), fill=(200 - 20 * row, 90 + 15 * row, 120))
        pen.rectangle((80, y + 4, 300 + 25 * (row * 5 % 8), y + 12), fill=(230, 230, 230))
        pen.rectangle((80, y + 20, 220 + 30 * (row * 3 % 7), y + 26), fill=(150, 150, 150))
    return screen


def side_by_side(left: Image.Image, right: Image.Image) -> Image.Image:
    height = 300
    pair = [
        each.resize((round(each.width * height / each.height), height)) for each in (left, right)
    ]
    both = Image.new("RGB", (pair[0].width + pair[1].width + 8, height), "white")
    both.paste(pair[0], (0, 0))
    both.paste(pair[1], (pair[0].width + 8, 0))
    return both


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The market with all that can be made of it, the lake with a copy, a collage of both."""
    folder = tmp_path_factory.mktemp("photos")
    market, lake = opened(MARKET), opened(LAKE)
    save(market, folder / "market.jpg", quality=95)
    save(cut(market, 0.1, 0.3, 0.55), folder / "crop.jpg")
    save(ImageOps.mirror(cut(market, 0.35, 0.2, 0.6)), folder / "mirrored crop.jpg")
    save(cut(market, 0.05, 0.05, 0.6).rotate(90, expand=True), folder / "turned crop.jpg")
    save(ImageOps.expand(market, 90, "white"), folder / "framed.jpg")
    save(on_a_phone(market), folder / "screenshot.png")
    save(lake, folder / "lake.jpg", quality=95)
    save(lake.resize((lake.width // 2, lake.height // 2)), folder / "lake small.jpg")
    save(side_by_side(market, lake), folder / "collage.jpg")
    save(opened(SUNSET), folder / "sunset.jpg")
    return folder


def scan(*words: object) -> Report:
    done = run("scan", *words, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    report: Report = json.loads(done.stdout)
    return report


@pytest.fixture(scope="module")
def report(photos: Path) -> Report:
    return scan(photos, "--no-cache", "--workers", "0")


def clusters(report: Report) -> dict[str, dict[str, dict[str, Any]]]:
    """The members by name, of each representative."""
    return {
        Path(cluster["representative"]).stem: {
            Path(member["path"]).stem: member
            for member in cluster["members"]
            if member["path"] != cluster["representative"]
        }
        for cluster in report["clusters"]
    }


def test_each_photo_has_its_own_cluster_and_the_collage_is_in_one_of_them(report: Report) -> None:
    found = clusters(report)
    assert found.keys() == {"market", "lake"}
    own = {"crop", "mirrored crop", "turned crop", "framed", "screenshot"}
    assert own <= found["market"].keys() <= {*own, "collage"}
    assert {"lake small"} <= found["lake"].keys() <= {"lake small", "collage"}
    assert ("collage" in found["market"]) != ("collage" in found["lake"])


@pytest.mark.parametrize(
    ("name", "relation", "edits"),
    [
        ("crop", "part", {"cropped"}),
        ("mirrored crop", "part", {"cropped", "mirrored"}),
        ("turned crop", "part", {"cropped", "turned"}),
        ("framed", "copy", {"framed"}),
        ("screenshot", "part", {"extended", "resized"}),
    ],
)
def test_what_was_done_is_told(report: Report, name: str, relation: str, edits: set[str]) -> None:
    member = clusters(report)["market"][name]
    kinds = {edit["kind"] for edit in member["edits"]}
    assert member["relation"] == relation
    assert edits | {"re-encoded"} == kinds - {"toned"}


def test_the_kept_share_of_a_crop_is_told(report: Report) -> None:
    members = clusters(report)["market"]
    for name, share in (("crop", 0.55), ("mirrored crop", 0.6), ("turned crop", 0.6)):
        (amount,) = [e["amount"] for e in members[name]["edits"] if e["kind"] == "cropped"]
        assert amount == pytest.approx(share**2, abs=0.02)


def test_no_part_is_ever_planned_to_go(photos: Path) -> None:
    planned = scan(photos, "--no-cache", "--workers", "0", "--delete-dry-run")["plan"]
    gone = {Path(action["path"]).stem for action in planned["actions"]}
    assert "lake small" in gone
    assert not gone & {"crop", "mirrored crop", "turned crop", "screenshot", "collage"}


def test_a_scan_by_hash_finds_none_of_the_parts(photos: Path) -> None:
    found = clusters(scan(photos, "--no-cache", "--workers", "0", "--level", "hash"))
    groups = [{representative, *members} for representative, members in found.items()]
    assert sorted(groups, key=sorted) == [{"framed", "market"}, {"lake", "lake small"}]


def test_any_order_any_number_of_workers_warm_or_cold_gives_the_same_bytes(
    photos: Path, tmp_path: Path
) -> None:
    cache = ("--cache", tmp_path / "cache.sqlite")
    files = [os.path.join(photos, name) for name in os.listdir(photos)]
    random.Random(5).shuffle(files)
    runs = [
        run("scan", *files, "--format", "json", *words)
        for words in (
            ("--no-cache", "--workers", "0"),
            (*cache, "--workers", "2"),
            (*cache, "--workers", "0"),
            (*cache, "--workers", "2"),
        )
    ]
    runs.append(run("scan", *files[::-1], "--format", "json", *cache, "--workers", "0"))
    assert all(each.returncode == 0 for each in runs)
    assert len({each.stdout for each in runs}) == 1


def test_a_second_scan_decodes_compares_and_extracts_nothing(photos: Path, tmp_path: Path) -> None:
    cache = ("--cache", tmp_path / "cache.sqlite", "--workers", "0")
    cold, warm = (run("scan", photos, *cache).stdout for _ in range(2))
    done = re.compile(r"(\d+) (?:decoded|pairs compared), (\d+) from the cache")
    before = [(int(fresh), int(known)) for fresh, known in done.findall(cold)]
    after = [(int(fresh), int(known)) for fresh, known in done.findall(warm)]
    assert len(before) == len(after) >= 4
    assert before[0] == (10, 0)
    # The second round of edits looks at what the first one may have left.
    assert [sum(each) for each in before] == [sum(each) for each in after]
    assert all(fresh == 0 for fresh, _ in after)


def burst(folder: Path, times: tuple[str | None, str | None]) -> Path:
    """Two shots from one standpoint: a little moved, another noise, and something has changed."""
    picture = opened(LAKE)
    save(picture.crop((0, 0, picture.width - 6, picture.height - 4)), folder / "1.jpg", times[0])
    noise = np.random.default_rng(2).normal(0, 3, (picture.height - 4, picture.width - 6, 3))
    moved = np.asarray(picture.crop((6, 4, *picture.size))) + noise
    save(Image.fromarray(moved.clip(0, 255).astype(np.uint8)), folder / "2.jpg", times[1])
    return folder


@pytest.mark.parametrize("level", ["hash", "copies"])
def test_shots_of_a_burst_are_never_in_a_cluster(tmp_path: Path, level: str) -> None:
    burst(tmp_path, ("2024:05:01 10:00:00", "2024:05:01 10:00:01"))
    found = scan(tmp_path, "--no-cache", "--workers", "0", "--level", level)
    assert found["clusters"] == []
    assert found["counts"]["compared"] == 2


def test_shots_of_a_burst_are_shown_to_those_who_ask(tmp_path: Path) -> None:
    burst(tmp_path, ("2024:05:01 10:00:00", "2024:05:01 10:00:01"))
    (pair,) = scan(tmp_path, "--no-cache", "--workers", "0")["similar"]
    assert {Path(pair[side]["path"]).stem for side in ("base", "copy")} == {"1", "2"}
    asked = run("scan", tmp_path, "--no-cache", "--workers", "0", "--similar").stdout
    unasked = run("scan", tmp_path, "--no-cache", "--workers", "0").stdout
    assert "1.jpg" in asked
    assert "1.jpg" not in unasked


def test_only_equal_bytes_are_looked_at_where_no_more_is_asked(
    photos: Path, tmp_path: Path
) -> None:
    """A picture without a twin is not decoded: nobody notices that it cannot be."""
    data = (photos / "market.jpg").read_bytes()
    for name in ("a", "b"):
        (tmp_path / f"{name}.jpg").write_bytes(data)
    (tmp_path / "cut short.jpg").write_bytes(data[: len(data) // 2])
    (tmp_path / "re-encoded.jpg").write_bytes((photos / "crop.jpg").read_bytes())
    words = (tmp_path, "--no-cache", "--workers", "0")
    found = scan(*words, "--level", "identical")
    assert found["counts"]["compared"] == 4
    assert found["skipped"] == []
    assert [member["relation"] for member in clusters(found)["a"].values()] == ["identical"]
    assert "2 decoded" in run("scan", *words, "--level", "identical").stdout
    (skipped,) = scan(*words, "--level", "hash")["skipped"]
    assert skipped["code"] == "truncated"
