"""`dupfinder search --by model`: a network of the user, asked by isolated workers."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from blake3 import blake3
from networks import CLASSES, classifier, computing, convolution, made, saved
from onnx import ModelProto, TensorProto, helper
from scanning import run
from searching import ALONE, decoded, flat, hits, make_library, names, remembering, write

from dupfinder import Settings, UsageError, evaluate, export_vectors, search

PLACES = 'resize = "squash"\npooling = "none"\n'
SPREAD = Settings(workers=2, use_cache=False)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_library(tmp_path_factory.mktemp("search") / "library")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(convolution(), tmp_path_factory.mktemp("model") / "made.onnx", PLACES)


@pytest.fixture
def labelling(tmp_path: Path) -> Path:
    """A classifier with the names of its classes."""
    (tmp_path / "classes.txt").write_text("cat\ndog\n=1+1\nbird of \x1b[31mprey\n")
    settings = 'resize = "squash"\nlabels = "classes.txt"\n'
    return saved(classifier(), tmp_path / "classifier.onnx", settings)


def searched(*words: object, folder: Path, workers: int = 0) -> subprocess.CompletedProcess[str]:
    return run("search", *words, "--cache", folder / "cache.sqlite", "--workers", workers)


def test_a_search_by_a_model_from_the_shell(library: Path, model: Path, tmp_path: Path) -> None:
    words = (library / "harbour.jpg", library, "--by", "model", "--model", model, "--top", "4")

    done = searched(*words, folder=tmp_path, workers=2)

    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    assert "by model · 4 photos" in text
    assert "1.0000 harbour.jpg the query itself" in text
    assert "harbour small.jpg copy of the query: re-encoded, resized to 62 %" in text


def test_isolated_workers_find_what_one_process_finds(library: Path, model: Path) -> None:
    how = {"by": "model", "model": model, "verify": False}

    alone = search(library / "bridge.jpg", library, ALONE, **how)

    assert search(library / "bridge.jpg", library, SPREAD, **how) == alone
    assert len(alone.rankings[0].hits) == 7


STAGES = ["dct256", "features", "orb", "model"]


def test_the_cascade_ends_with_the_model_and_reads_the_library_once(
    library: Path, model: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)
    cold = search(library / "harbour.jpg", library, settings, model=model, top=5)
    warm = search(library / "harbour.jpg", library, settings, model=model, top=5)

    itself, _, copy, *others = hits(cold)
    assert [name for name, score in itself.scores if score == 1.0] == STAGES
    assert copy.photo.path.endswith("harbour small.jpg")
    assert copy.score == 0.5 + dict(copy.scores)["model"] / 2
    assert [each.score for each in others] == [
        max(0.0, dict(each.scores)["model"]) / 2 for each in others
    ]
    # All files, the note is looked at, too; and the query once more, as its mirror image.
    assert decoded(cold) == 9 + 1
    assert warm == cold
    assert decoded(warm) == 0
    assert "model" not in {each.stage for each in warm.stages}  # nothing to ask it


@pytest.mark.parametrize("index", ["hnsw", "lsh"])
def test_indexes_of_vectors_are_of_networks_too(
    library: Path, model: Path, tmp_path: Path, index: str
) -> None:
    how = {"by": "model", "model": model, "top": 4, "verify": False}
    exact = search(library / "harbour.jpg", library, remembering(tmp_path), **how)

    found = search(library / "harbour.jpg", library, remembering(tmp_path), index=index, **how)

    assert hits(found) == hits(exact)


def test_vectors_of_a_network_are_exchanged_as_others_are(
    library: Path, model: Path, tmp_path: Path
) -> None:
    one, other = remembering(tmp_path / "one"), remembering(tmp_path / "other")
    how = {"by": "model", "model": model, "verify": False}
    expected = search(library / "dunes.jpg", library, one, **how)
    file = tmp_path / "vectors.h5"
    assert export_vectors(file, library, "model", one, model=model).vectors == 7
    search(library / "dunes.jpg", library, other, by="phash", verify=False)

    done = run(
        "search", "--by", "model", "--model", model, "--import", file, library,
        "--cache", other.cache,
    )  # fmt: skip

    assert done.stdout.startswith(f"7 vectors by model taken from {file}\n")
    found = search(library / "dunes.jpg", library, other, **how)
    assert hits(found) == hits(expected)
    assert decoded(found) == 0


def test_models_and_their_settings_live_side_by_side(
    library: Path, model: Path, tmp_path: Path
) -> None:
    settings = remembering(tmp_path)
    other = saved(classifier(), tmp_path / "other.onnx")
    squashed = tmp_path / "squashed.toml"
    squashed.write_text('resize = "squash"\npooling = "max"\n')
    ways = (
        {"model": model},
        {"model": model, "model_settings": squashed},
        {"model": other},
    )

    def scores(how: dict[str, Path]) -> list[float]:
        found = search(library / "dunes.jpg", library, settings, by="model", verify=False, **how)
        told.append(decoded(found))
        return [hit.score for hit in hits(found)]

    told: list[int] = []
    first = [scores(how) for how in ways]
    again = [scores(how) for how in ways]

    assert first == again
    assert len({tuple(each) for each in first}) == 3
    assert told[3:] == [0, 0, 0]


def test_a_methods_table_may_hold_models(library: Path, model: Path, tmp_path: Path) -> None:
    lines = ["query,target", f"{library / 'bridge.jpg'},{library / 'bridge.jpg'}"]
    lines.append(f"{library / 'harbour.jpg'},{library / 'copies' / 'harbour small.jpg'}")
    (tmp_path / "queries.csv").write_text("\n".join(lines) + "\n")
    words = ("--evaluate", tmp_path / "queries.csv", library, "--by", "phash,graded,model")

    done = searched(*words, "--model", model, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[-3:]] == [
        "phash", "graded", "model",
    ]  # fmt: skip


def test_labels_are_told_everywhere(library: Path, labelling: Path, tmp_path: Path) -> None:
    words = (library / "dunes.jpg", library, "--by", "model", "--model", labelling, "--top", "3")
    text = searched(*words, folder=tmp_path).stdout
    report = json.loads(searched(*words, "--format", "json", folder=tmp_path).stdout)
    table = searched(*words, "--format", "csv", folder=tmp_path).stdout
    lines = list(csv.DictReader(io.StringIO(table)))

    (ranking,) = report["rankings"]
    for told in (ranking["labels"], *(hit["labels"] for hit in ranking["hits"])):
        shares = [each["probability"] for each in told]
        assert sorted(shares, reverse=True) == shares
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert {each["label"] for each in told} == {"cat", "dog", "=1+1", "bird of \x1b[31mprey"}
    assert ranking["labels"] == ranking["hits"][0]["labels"]
    for line, hit in zip(lines, ranking["hits"], strict=True):
        assert line["probability"] == f"{hit['labels'][0]['probability']:.6f}"
        assert line["query_probability"] == f"{ranking['labels'][0]['probability']:.6f}"
    assert "\x1b" not in text + table
    assert f"{ranking['labels'][0]['probability'] * 100:.0f} %" in text


def test_labels_stand_on_the_contact_sheet_as_text(
    library: Path, labelling: Path, tmp_path: Path
) -> None:
    (tmp_path / "classes.txt").write_text("".join(f"<b>class {each}</b>\n" for each in range(4)))
    words = (library / "dunes.jpg", library, "--by", "model", "--model", labelling, "--top", "3")

    page = searched(*words, "--html", "-", folder=tmp_path).stdout

    told = re.findall(r"&lt;b&gt;class \d&lt;/b&gt; \d+ %", page)
    assert len(told) == 4  # of the query and of three hits
    assert "<b>" not in page


def test_labels_come_from_the_store_and_may_be_wanted_later(library: Path, tmp_path: Path) -> None:
    settings, query = remembering(tmp_path), library / "dunes.jpg"
    plain = saved(classifier(), tmp_path / "plain.onnx", 'resize = "squash"\n')
    names_file = write(tmp_path / "classes.txt", b"cat\ndog\nbird\nfish\n")
    without = search(query, library, settings, by="model", model=plain)

    first = search(query, library, settings, by="model", model=plain, labels=names_file)
    warm = search(query, library, settings, by="model", model=plain, labels=names_file)

    assert [hit.labels for hit in hits(without)] == [()] * 7
    assert all(len(hit.labels) == CLASSES for hit in hits(first))
    assert [hit.score for hit in hits(first)] == [hit.score for hit in hits(without)]
    assert warm == first
    assert decoded(warm) == 0


def test_a_picture_of_which_it_tells_no_number_is_one_line(tmp_path: Path) -> None:
    """The logarithm of the lightest pixel: a black picture is what this network fails on."""
    from pictures import encoded  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    nodes = [
        helper.make_node("GlobalMaxPool", ["picture"], ["lightest"]),
        helper.make_node("Log", ["lightest"], ["told"]),
    ]
    model = saved(made(nodes, ["told"]), tmp_path / "log.onnx", "mean = 0\nstd = 1")
    folder = make_library(tmp_path / "library", ("dunes", "bridge"))
    black = Image.fromarray(flat(0).rgb)
    write(folder / "black.png", encoded(black, "PNG"))
    settings = remembering(tmp_path)

    cold = search(folder / "dunes.jpg", folder, settings, model=model, by="model")
    warm = search(folder / "dunes.jpg", folder, settings, model=model, by="model")
    graded = search(folder / "dunes.jpg", folder, settings, model=model)

    for found in (cold, warm, graded):
        (why,) = [each for each in found.skipped if each.path.endswith("black.png")]
        assert "not finite" in why.reason
        assert "black.png" not in names(found)
        assert found.discovered == found.compared + len(found.skipped)
    with pytest.raises(UsageError, match="cannot be searched for: the model tells numbers"):
        search(folder / "black.png", folder, settings, model=model, by="model")
    # The cache of scans knows nothing of that.
    assert "black.png" in names(search(folder / "dunes.jpg", folder, settings, by="phash"))


def two_inputs() -> ModelProto:
    model = made([helper.make_node("Add", ["picture", "other"], ["told"])], ["told"])
    model.graph.input.append(helper.make_tensor_value_info("other", TensorProto.FLOAT, [1]))
    return model


def reading_a_file() -> ModelProto:
    model = convolution()
    (filters,) = model.graph.initializer
    filters.ClearField("raw_data")
    filters.data_location = TensorProto.EXTERNAL
    filters.external_data.add(key="location", value="../../../../../../etc/passwd")
    return model


def custom() -> ModelProto:
    node = helper.make_node("Magic", ["picture"], ["told"], domain="my.own")
    return made([node], ["told"], opsets=[helper.make_opsetid("my.own", 1)])


def huge() -> ModelProto:
    """A picture becomes 3.8 GB."""
    repeats = np.array([1, 1, 280, 280], np.int64)
    node = helper.make_node("Tile", ["picture", "repeats"], ["told"])
    return made([node], ["told"], (1, 3, 64, 64), {"repeats": repeats})


def failing() -> ModelProto:
    """A shape that no picture has."""
    shape = np.array([7, 11], np.int64)
    return made(
        [helper.make_node("Reshape", ["picture", "shape"], ["told"])],
        ["told"],
        (1, 3, "h", "w"),
        {"shape": shape},
    )


BAD: dict[str, tuple[Callable[[], ModelProto], str, str]] = {
    "two inputs": (two_inputs, "", "has 2 inputs, and a picture is only one"),
    "external data": (reading_a_file, "", "keeps values in other files"),
    "custom operators": (custom, "", "asks for custom operators ('my.own')"),
    "an unknown operator": (lambda: computing("Magic"), "", "cannot be loaded: "),
    "no picture": (lambda: computing("Relu", (1, 3, 64)), "", "takes 1x3x64, which is not one"),
    "several at a time": (lambda: convolution((8, 3, 64, 64)), "", "which is not one picture"),
    "whole numbers": (
        lambda: made(
            [helper.make_node("Neg", ["picture"], ["told"])], ["told"], kind=TensorProto.INT32
        ),
        "",
        "takes tensor(int32), and pictures come as tensor(float)",
    ),
    "another size": (convolution, "size = 96", "takes 64x64 pixels, its settings say 96x96"),
    "no such output": (convolution, 'output = "logits"', "has no output 'logits'"),
    "nothing to pool": (classifier, 'pooling = "gem"', "there is nothing for pooling = 'gem'"),
    "never a number": (
        lambda: computing("Log"), "", "tells numbers that are not finite (NaN or infinity)"
    ),
    "too many numbers": (
        lambda: computing("Relu", (1, 3, 512, 512)), 'pooling = "none"', "786,432 numbers"
    ),
    "out of memory": (huge, "", "needs more memory than it may have"),
    "fails": (failing, "", "fails on a picture"),
    "unknown key": (convolution, 'colour = "RGB"', "has the unknown key 'colour'"),
    "bad value": (convolution, 'pooling = "most"', "pooling must be one of none, mean, max, gem"),
    "no TOML": (convolution, "size = ", "is no TOML"),
    "another digest": (convolution, f'sha256 = "{"0" * 64}"', "its SHA-256 is another one"),
    "another BLAKE3": (convolution, f'blake3 = "{"0" * 64}"', "its BLAKE3 is another one"),
    "no labels": (convolution, 'labels = "none.txt"', "cannot read the labels"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_model_that_cannot_be_used_is_one_sentence(
    case: str, library: Path, tmp_path: Path
) -> None:
    make, settings, told = BAD[case]
    model = saved(make(), tmp_path / "bad.onnx", settings or None)
    words = (library / "dunes.jpg", library, "--by", "model", "--model", model)

    done = searched(*words, folder=tmp_path, workers=1)

    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert told in done.stderr
    _, *hints = done.stderr.splitlines()
    assert not hints or (len(hints) == 1 and hints[0].startswith("hint:"))


def test_files_that_are_no_models_are_one_sentence(library: Path, tmp_path: Path) -> None:
    text, pipe = write(tmp_path / "text.onnx", b"hello"), tmp_path / "pipe.onnx"
    os.mkfifo(pipe)
    for path, told in (
        (tmp_path / "none.onnx", "cannot read the model"),
        (tmp_path, "cannot read the model"),
        (pipe, "cannot read the model"),
        (text, "is no ONNX file"),
        (library / "dunes.jpg", "is no ONNX file"),
    ):
        with pytest.raises(UsageError, match=told):
            search(library / "dunes.jpg", library, ALONE, by="model", model=path)


def test_a_model_with_the_digests_that_its_settings_name_is_taken(
    library: Path, tmp_path: Path
) -> None:
    data = convolution().SerializeToString()
    digests = f'sha256 = "{hashlib.sha256(data).hexdigest()}"\n'
    digests += f'blake3 = "{blake3(data).hexdigest().upper()}"\n'
    model = saved(convolution(), tmp_path / "made.onnx", PLACES + digests)

    found = search(library / "dunes.jpg", library, ALONE, by="model", model=model, verify=False)

    assert names(found)[0] == "dunes.jpg"


def test_labels_that_do_not_fit_are_refused(library: Path, tmp_path: Path) -> None:
    model = saved(classifier(), tmp_path / "classifier.onnx")
    few, empty = write(tmp_path / "few", b"cat\ndog\n"), write(tmp_path / "empty", b"\n\n")
    settings = remembering(tmp_path)
    for labels, told in (
        (few, "the model tells 4 classes apart, there are 2 labels"),
        (few, "the model tells 4 classes apart, there are 2 labels"),  # warm, too
        (empty, "there are no labels in"),
    ):
        with pytest.raises(UsageError, match=told):
            search(library / "dunes.jpg", library, settings, by="model", model=model, labels=labels)


def test_calls_that_make_no_sense_are_refused(library: Path, model: Path) -> None:
    query = library / "dunes.jpg"
    with pytest.raises(UsageError, match="no model was named"):
        search(query, library, ALONE, by="model")
    with pytest.raises(UsageError, match="no model was named"):
        search(query, library, ALONE, labels=query)
    with pytest.raises(UsageError, match="the method 'phash' asks no model"):
        search(query, library, ALONE, by="phash", model=model)
    with pytest.raises(UsageError, match="none of the methods asks a model"):
        evaluate({query: [query]}, library, ["phash", "orb"], ALONE, model=model)


def test_without_the_extra_it_is_named(library: Path, model: Path) -> None:
    """With a module search path on which the runtime is not."""
    code = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'onnxruntime' else find(name, *more)\n"
        "from dupfinder.cli import main; sys.exit(main())"
    )
    words = ("search", library / "dunes.jpg", library, "--by", "model", "--model", model)
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, words), "--no-cache"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert done.returncode == 2
    assert "dupfinder[models]" in done.stderr


def test_the_runtime_reports_to_nobody_and_leaves_nothing_behind(
    library: Path, model: Path, tmp_path: Path
) -> None:
    """It would keep an identifier of the machine, for its maker, in the folder of caches."""
    home = tmp_path / "home"
    home.mkdir()
    words = ("search", library / "dunes.jpg", library, "--by", "model", "--model", model)
    done = subprocess.run(
        [sys.executable, "-m", "dupfinder.cli", *map(str, words), "--no-cache", "--workers", "0"],
        capture_output=True, text=True, check=False, timeout=120,
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert [str(each.relative_to(home)) for each in home.rglob("*")] == []
