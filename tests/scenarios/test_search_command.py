"""`dupfinder search` from the shell, and `dupfinder.search` from Python."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from scanning import run
from searching import cornered, decoded, drawn, hits, make_library, names, remembering, write

from dupfinder import Relation, UsageError, find, search
from dupfinder.settings import Settings


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("search") / "library")


def searched(*words: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return run("search", *words, "--cache", folder / "cache.sqlite", "--workers", "0")


def test_the_best_are_told_with_what_they_are_to_the_query(made: Path, tmp_path: Path) -> None:
    done = searched(made / "harbour.jpg", made, "--top", "4", folder=tmp_path)

    assert done.returncode == 0
    text = " ".join(done.stdout.split())
    assert "more than 0.5 is confirmed: by shared parts (features) or keypoints (orb)" in text
    assert "1.0000 harbour.jpg the query itself" in text
    assert "1.0000 copies/harbour again.jpg identical to the query" in text
    assert "copies/harbour small.jpg copy of the query: re-encoded, resized to 62 %" in text
    assert "looks alike" in text
    assert "skipped cut.jpg" in text
    assert "8 photos found · 7 compared · 1 skipped · 1 other file" in text


def test_json_and_csv_say_the_same(made: Path, tmp_path: Path) -> None:
    words = (made / "harbour.jpg", made, "--top", "4", "--format")

    report = json.loads(searched(*words, "json", folder=tmp_path).stdout)
    lines = list(csv.DictReader(io.StringIO(searched(*words, "csv", folder=tmp_path).stdout)))

    assert (report["kind"], report["schema"], report["by"]) == ("search", 1, "graded")
    (ranking,) = report["rankings"]
    assert [hit["is"] for hit in ranking["hits"]] == ["itself", "identical", "copy", "alike"]
    assert [line["is"] for line in lines] == [hit["is"] for hit in ranking["hits"]]
    assert [line["path"] for line in lines] == [hit["photo"]["path"] for hit in ranking["hits"]]
    assert [float(line["score"]) for line in lines] == [hit["score"] for hit in ranking["hits"]]
    assert ranking["hits"][2]["proof"]["relation"] == "copy"


def test_a_picture_on_standard_input_is_a_query(made: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dupfinder.cli", "search", "-", made, "--format", "json",
         "--cache", tmp_path / "cache.sqlite", "--workers", "0", "--top", "1"],
        input=drawn("bridge", 60), capture_output=True, check=False, timeout=120,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    (ranking,) = json.loads(done.stdout)["rankings"]
    assert ranking["query"]["path"] == "-"
    assert [Path(hit["photo"]["path"]).name for hit in ranking["hits"]] == ["bridge.jpg"]


def test_several_queries_and_folders_and_a_folder_of_queries(made: Path, tmp_path: Path) -> None:
    asked, more = tmp_path / "asked", tmp_path / "more"
    write(asked / "b.jpg", drawn("dunes", 70))
    write(asked / "a.jpg", drawn("market", 70))
    write(more / "dunes in more.jpg", drawn("dunes", 85))
    settings = remembering(tmp_path)

    by_folder = search(asked, [made, more], settings, top=2)
    by_file = search([asked / "b.jpg", asked / "a.jpg"], [more, made], settings, top=2)

    assert by_folder == by_file
    assert [Path(each.query.path).name for each in by_folder.rankings] == ["a.jpg", "b.jpg"]
    assert names_of(by_folder.rankings[1]) == {"dunes.jpg", "dunes in more.jpg"}


def names_of(ranking: object) -> set[str]:
    return {Path(hit.photo.path).name for hit in ranking.hits}


def test_a_scan_and_a_search_answer_from_one_cache(made: Path, tmp_path: Path) -> None:
    settings = Settings(workers=0, cache=str(tmp_path / "cache.sqlite"))
    search(made / "dunes.jpg", made, settings, by="phash")

    found = find(made, settings)
    again = search(made / "dunes.jpg", made, settings, by="phash")

    (fingerprint,) = [each.detail for each in found.stages if each.stage == "fingerprint"]
    assert fingerprint.startswith("0 decoded")
    assert decoded(again) == 0


def test_a_mirrored_copy_is_told_as_one(made: Path, tmp_path: Path) -> None:
    from pictures import encoded  # noqa: PLC0415
    from PIL import Image, ImageOps  # noqa: PLC0415

    mirrored = ImageOps.mirror(Image.fromarray(cornered(2)))
    query = write(tmp_path / "query.jpg", encoded(mirrored, "JPEG", quality=85))

    found = search(query, made, remembering(tmp_path), by="dct256", top=1)

    (hit,) = hits(found)
    assert names(found) == ["market.jpg"]
    assert hit.match is not None
    assert hit.match.relation is Relation.COPY
    assert "mirrored" in {edit.kind for edit in hit.match.edits}


def test_a_query_that_is_no_picture_is_one_sentence(made: Path, tmp_path: Path) -> None:
    done = searched(made / "cut.jpg", made, folder=tmp_path)

    assert done.returncode == 2
    assert "cannot be searched for" in done.stderr
    assert done.stderr.count("\n") == 1


def test_one_bad_query_of_two_is_one_line(made: Path, tmp_path: Path) -> None:
    done = searched(made / "cut.jpg", made / "dunes.jpg", made, "--strict", folder=tmp_path)

    assert done.returncode == 3
    assert "not searched for" in done.stdout
    assert "dunes.jpg" in done.stdout


def test_a_call_without_a_folder_is_told_how_to_be_made(made: Path) -> None:
    done = run("search", made / "dunes.jpg")

    assert done.returncode == 2
    assert "no folder to search in was named" in done.stderr


def test_unknown_methods_and_numbers_are_refused(made: Path) -> None:
    with pytest.raises(UsageError, match="unknown method to search by 'magic'"):
        search(made / "dunes.jpg", made, by="magic")
    with pytest.raises(UsageError, match="top must be at least 1"):
        search(made / "dunes.jpg", made, top=0)


def test_processes_find_what_one_process_finds(made: Path, tmp_path: Path) -> None:
    alone = search(made / "harbour.jpg", made, remembering(tmp_path), by="phash")

    spread = search(made / "harbour.jpg", made, Settings(workers=2, use_cache=False), by="phash")

    assert spread == alone


def test_the_cascade_tells_the_score_of_each_stage(made: Path, tmp_path: Path) -> None:
    found = search(made / "harbour.jpg", made, remembering(tmp_path), top=4)

    assert found.by == "graded"
    assert names(found)[:3] == ["harbour.jpg", "harbour again.jpg", "harbour small.jpg"]
    itself, _, copy, other = hits(found)
    assert itself.scores == (("dct256", 1.0), ("features", 1.0), ("orb", 1.0))
    assert [name for name, _ in copy.scores] == ["dct256", "features", "orb"]
    assert copy.score == 0.5 + max(copy.scores[1][1], copy.scores[2][1]) / 2  # confirmed by these
    assert other.score == other.scores[0][1] / 2 < 0.5


def test_what_a_damaged_store_lost_is_described_anew(made: Path, tmp_path: Path) -> None:
    settings = remembering(tmp_path)
    first = search(made / "harbour.jpg", made, settings)
    store = sqlite3.connect(tmp_path / "cache.sqlite.vectors")
    store.execute("UPDATE vector SET packed = x'0102' WHERE rowid % 2")
    store.commit()
    store.close()

    again = search(made / "harbour.jpg", made, settings)
    last = search(made / "harbour.jpg", made, settings)

    assert again == first == last
    assert decoded(last) == 0
