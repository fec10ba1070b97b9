"""`dupfinder search --evaluate`: methods compared by what they should have found."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path

import pytest
from networks import convolution, saved
from scanning import run
from searching import drawn, make_library, remembering, write

from dupfinder import UsageError, evaluate
from dupfinder.cli.evaluating import read_targets
from dupfinder.settings import SEARCHES


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library, and beside it two queries with the table of what they should find."""
    folder = tmp_path_factory.mktemp("evaluate")
    make_library(folder / "library")
    write(folder / "asked" / "bridge.jpg", drawn("bridge", 60, 240))
    write(folder / "asked" / "market.jpg", drawn("market", 60, 240))
    lines = ["query,target", "asked/bridge.jpg,library/bridge.jpg"]
    # Something else is wanted than what it shows: no method can find that first.
    lines.append("asked/market.jpg,library/dunes.jpg")
    (folder / "queries.csv").write_text("\n".join(lines) + "\n")
    return folder


def evaluated(*words: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return run("search", *words, "--cache", folder / "cache.sqlite", "--workers", "0")


def test_a_table_has_a_line_for_each_method(made: Path, tmp_path: Path) -> None:
    words = ("--evaluate", made / "queries.csv", made / "library", "--by", "phash,graded")

    done = evaluated(*words, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "2 queries among 7 photos" in done.stdout
    lines = [line.split() for line in done.stdout.splitlines()[-2:]]
    assert [line[:2] for line in lines] == [["phash", "0.500"], ["graded", "0.500"]]


def test_json_and_csv_hold_the_same_numbers(made: Path, tmp_path: Path) -> None:
    words = ("--evaluate", made / "queries.csv", made / "library", "--by", "dct256", "--format")

    report = json.loads(evaluated(*words, "json", folder=tmp_path).stdout)
    (line,) = csv.DictReader(io.StringIO(evaluated(*words, "csv", folder=tmp_path).stdout))

    (method,) = report["methods"]
    assert (method["by"], method["queries"], method["photos"]) == ("dct256", 2, 7)
    assert float(line["recall@1"]) == method["recall_1"] == 0.5
    assert float(line["mAP"]) == method["mean_average_precision"]


def test_each_method_finds_a_copy_first(made: Path, tmp_path: Path) -> None:
    library = made / "library"
    targets = {made / "asked" / "bridge.jpg": [library / "bridge.jpg"]}

    settings = 'resize = "squash"\npooling = "none"'
    model = saved(convolution(), tmp_path / "made.onnx", settings)
    found = evaluate(targets, library, SEARCHES, remembering(tmp_path), model=model)

    assert [each.by for each in found] == list(SEARCHES)
    assert {(each.recall_1, each.recall_5, each.mean_average_precision) for each in found} == {
        (1.0, 1.0, 1.0)
    }


def test_the_measures_are_those_of_the_textbooks(made: Path, tmp_path: Path) -> None:
    library = made / "library"
    wanted = [
        library / "harbour.jpg",  # the query itself does not count, so this is never found
        library / "copies" / "harbour again.jpg",  # rank 1
        library / "copies" / "harbour small.jpg",  # rank 2
    ]

    (found,) = evaluate({wanted[0]: wanted}, library, ["dct256"], remembering(tmp_path))

    assert found.recall_1 == 1.0
    assert found.recall_5 == pytest.approx(2 / 3)
    assert found.mean_average_precision == pytest.approx((1 / 1 + 2 / 2 + 0) / 3)


def test_what_cannot_be_evaluated_is_one_sentence(made: Path, tmp_path: Path) -> None:
    library = made / "library"
    cut = {library / "cut.jpg": [library / "dunes.jpg"]}
    with pytest.raises(UsageError, match="cannot be searched for"):
        evaluate(cut, library, ["phash"], remembering(tmp_path))
    with pytest.raises(UsageError, match="is no file"):
        evaluate({library / "none.jpg": [library / "dunes.jpg"]}, library, ["phash"])
    with pytest.raises(UsageError, match="unknown method"):
        evaluate({library / "dunes.jpg": [library / "dunes.jpg"]}, library, ["magic"])
    with pytest.raises(UsageError, match="needs a photo that it should find"):
        evaluate({library / "dunes.jpg": []}, library, ["phash"])


def test_a_file_that_is_no_table_of_queries_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "queries.csv"
    for content, told in (
        ("one,two\na,b\n", "has no columns"),
        ("", "has no columns"),
        ("query,target\n", "names no queries"),
        ('query,target\n"a"b,c\n', "is no CSV file"),
    ):
        table.write_text(content)
        with pytest.raises(UsageError, match=told):
            read_targets(str(table))
    with pytest.raises(UsageError, match="cannot read"):
        read_targets(str(tmp_path / "none.csv"))


def test_several_methods_need_an_evaluation(made: Path) -> None:
    done = run("search", made / "asked" / "bridge.jpg", made / "library", "--by", "phash,orb")

    assert done.returncode == 2
    assert "a search has one method" in done.stderr


def test_an_index_that_may_miss_some_is_compared_with_the_exact_one(
    made: Path, tmp_path: Path
) -> None:
    words = ("--evaluate", made / "queries.csv", made / "library", "--by", "kaze,color")

    text = evaluated(*words, "--index", "lsh", folder=tmp_path).stdout
    report = evaluated(*words, "--index", "hnsw", "--format", "json", folder=tmp_path).stdout
    plain = evaluated(*words, "--format", "csv", folder=tmp_path).stdout

    assert "of exact@10: the share of the ten nearest by comparing all that lsh found" in text
    assert [line.split()[-1] for line in text.splitlines()[-2:]] == ["1.000", "1.000"]
    methods = json.loads(report)["methods"]
    assert [(each["index"], each["recall_of_exact"]) for each in methods] == [("hnsw", 1.0)] * 2
    assert "of exact" not in plain


def test_an_index_that_does_not_suit_a_method_is_one_sentence(made: Path, tmp_path: Path) -> None:
    words = ("--evaluate", made / "queries.csv", made / "library", "--by", "phash")

    done = evaluated(*words, "--index", "lsh", folder=tmp_path)

    assert done.returncode == 2
    assert "there is no index 'lsh' of what phash describes" in done.stderr
