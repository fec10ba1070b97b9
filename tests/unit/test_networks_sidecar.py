"""What a sidecar may say, and how it is told that it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from dupfinder import UsageError
from dupfinder.searchers.networks import read_labels
from dupfinder.searchers.networks.recipe import Recipe
from dupfinder.searchers.networks.sidecar import read_sidecar

ALL = """
preset = "resnet-gem"
size = [240, 320]
resize = "crop"
resize_to = 360
interpolation = "bicubic"
channels = "BGR"
layout = "NHWC"
scale = 1
mean = [1, 2.5, 3]
std = 2
output = "features"
pooling = "gem"
gem_p = 2.9
labels = "names/classes.txt"
labels_output = "logits"
sha256 = "{digits}"
blake3 = "{digits}"
"""


def written(text: str, folder: Path) -> str:
    path = folder / "model.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_every_key_is_read(tmp_path: Path) -> None:
    sidecar = read_sidecar(written(ALL.format(digits="aB" * 32), tmp_path))

    assert sidecar.recipe == Recipe(
        "resnet-gem", (240, 320), "crop", 360, "bicubic", "BGR", "NHWC", 1.0, (1.0, 2.5, 3.0),
        (2.0, 2.0, 2.0), "features", "gem", 2.9, "logits",
    )  # fmt: skip
    assert sidecar.labels == str(tmp_path / "names" / "classes.txt")
    assert sidecar.sha256 == sidecar.blake3 == "ab" * 32


def test_an_empty_sidecar_says_nothing(tmp_path: Path) -> None:
    sidecar = read_sidecar(written("# nothing\n", tmp_path))

    assert sidecar.recipe == Recipe()
    assert sidecar.recipe.signature == ""


def test_whatever_is_said_is_in_the_signature(tmp_path: Path) -> None:
    lines = [each for each in ALL.splitlines() if each.split(" ")[0] in Recipe.__slots__]
    signatures = {read_sidecar(written(each, tmp_path)).recipe.signature for each in lines}

    assert len(lines) == len(Recipe.__slots__)
    assert len(signatures) == len(lines)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("colour = 1", "unknown key 'colour'"),
        ("[preset]\nname = 1", "preset must be one of mobilenet, "),
        ('preset = "alexnet"', "preset must be one of mobilenet, "),
        ("size = 0", "size must be a side, or .height, width., of 8 to 2048 pixels, not 0"),
        ("size = 224.0", "size must be"),
        ("size = true", "size must be"),
        ("size = [224]", "size must be"),
        ("size = [224, 224, 3]", "size must be"),
        ("size = 4000", "size must be"),
        ('resize = "stretch"', "resize must be one of squash, crop, shorter, longer"),
        ("scale = 0", "scale must be a number above 0"),
        ("scale = nan", "scale must be"),
        ("scale = inf", "scale must be"),
        ("scale = true", "scale must be"),
        ("mean = [1, 2]", "mean must be a number, or one for each channel, not .1, 2."),
        ('mean = "0"', "mean must be"),
        ("std = [1, 1, 0]", "std must be a number above 0"),
        ("gem_p = 0.5", "gem_p must be a number of 1 to 100"),
        ('output = ""', "output must be a name"),
        ("output = 1", "output must be a name"),
        ('labels = "a\\u0000b"', "labels must be a file"),
        ('sha256 = "abc"', "sha256 must be 64 hexadecimal digits"),
        (f'blake3 = "{"g" * 64}"', "blake3 must be 64 hexadecimal digits"),
        ("size = 224\nsize = 224", "is no TOML"),
        ("size 224", "is no TOML"),
        ("#" * 100_001, "is too long"),
    ],
)
def test_anything_else_is_one_sentence(line: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=told):
        read_sidecar(written(line, tmp_path))


def test_what_is_no_text_is_no_sidecar_and_holds_no_labels(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(UsageError, match="is no TOML"):
        read_sidecar(str(path))
    with pytest.raises(UsageError, match="is no text in UTF-8"):
        read_labels(str(path))
    with pytest.raises(UsageError, match="cannot read"):
        read_sidecar(str(tmp_path / "none.toml"))


def test_labels_are_lines_whoever_wrote_them(tmp_path: Path) -> None:
    path = tmp_path / "classes.txt"
    path.write_bytes("\ufefftench, Tinca tinca\r\n\r\n Käfer \r\nlast".encode())

    assert read_labels(str(path)) == ("tench, Tinca tinca", "", "Käfer", "last")
