"""The chain stops at the first decision, and looks at each photo once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from shots import LIBRARY, packed_at, photo_at, shot, views
from strategies_clusters import a_photo

from dupfinder import verify as stage
from dupfinder.decode.source import stamp_of
from dupfinder.features.packing import unpacked
from dupfinder.model import Answer, CandidatePair, Evidence, Photo, PhotoFile, Relation, Verdict
from dupfinder.protocols import VIEW_SIDE, Looks
from dupfinder.settings import MAX_PIXELS
from dupfinder.verify import PhotoTrouble, Views, verify

PAIR = CandidatePair(a_photo("/a.jpg"), a_photo("/b.jpg"), "hash", 7)


@dataclass
class Says:
    """A verifier that always answers the same."""

    answer: Answer
    name: str = "says"
    asked: list[CandidatePair] = field(default_factory=list)

    def compare(self, pair: CandidatePair, looks: Looks) -> Verdict:  # noqa: ARG002  # the seam
        self.asked.append(pair)
        relation = Relation.COPY if self.answer is Answer.SAME else None
        return Verdict(self.answer, relation, Evidence(self.name))


@pytest.mark.parametrize("answer", [Answer.SAME, Answer.DIFFERENT])
def test_the_first_decision_counts(answer: Answer) -> None:
    chain = [Says(Answer.UNDECIDED, "a"), Says(answer, "b"), Says(Answer.SAME, "c")]
    verdict = verify(PAIR, chain, views())
    assert (verdict.answer, verdict.evidence.verifier) == (answer, "b")
    assert [verifier.asked for verifier in chain] == [[PAIR], [PAIR], []]


def test_what_nobody_decides_is_not_the_same() -> None:
    verdict = verify(PAIR, [Says(Answer.UNDECIDED, "a"), Says(Answer.UNDECIDED, "b")], views())
    assert (verdict.answer, verdict.relation) == (Answer.UNDECIDED, None)
    assert verdict.evidence.verifier == "b"
    assert verify(PAIR, [], views()).answer is Answer.UNDECIDED


def test_a_look_is_taken_once(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = shot("2019 Summer/IMG_2041.jpg")
    looks = views()
    grey, thumbnail = looks.grey(photo), looks.thumbnail(photo)
    digest = looks.pixel_digest(photo)
    monkeypatch.setattr(stage, "read", None)
    assert looks.grey(photo) is grey
    assert looks.thumbnail(photo) is thumbnail
    assert looks.pixel_digest(photo) == digest
    # An equal file has equal looks, wherever it is.
    assert looks.grey(shot("Backup/IMG_2041 (1).jpg")) is grey


def test_the_views_are_of_the_promised_sizes() -> None:
    photo = shot("2019 Summer/IMG_2041.jpg")
    looks = views()
    assert max(looks.grey(photo).shape) == VIEW_SIDE
    assert looks.thumbnail(photo).shape == (64, 64)


def test_a_stored_thumbnail_saves_the_look(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = shot("2019 Summer/IMG_2041.jpg")
    pixels = np.arange(64 * 64).astype(np.uint8)
    monkeypatch.setattr(stage, "read", None)
    looks = Views(MAX_PIXELS, {photo.digest: pixels.tobytes()})
    assert looks.thumbnail(photo).tolist() == pixels.reshape(64, 64).tolist()


def test_stored_features_and_colours_save_the_look(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = shot("2019 Summer/IMG_2041.jpg")
    packed = packed_at(photo.path)
    pixels = np.arange(64 * 64 + 2 * 16 * 16).astype(np.uint8)
    monkeypatch.setattr(stage, "read", None)
    stored = {photo.digest: pixels.tobytes()}, {photo.digest: packed.features}
    looks = Views(MAX_PIXELS, *stored, colour=True)
    features = looks.features(photo)
    assert features is not None
    assert features.codes.tolist() == unpacked(packed.features).codes.tolist()
    assert looks.features(photo) is features
    chroma = looks.chroma(photo)
    assert chroma is not None
    assert chroma.tolist() == pixels[64 * 64 :].reshape(16, 16, 2).tolist()
    assert looks.thumbnail(photo).tolist() == pixels[: 64 * 64].reshape(64, 64).tolist()
    assert looks.features(a_photo("/b.jpg")) is None


@pytest.mark.parametrize("colour", [False, True])
def test_colours_are_seen_where_they_were_asked_for(colour: bool) -> None:
    photo = shot("2019 Summer/IMG_2041.jpg")
    chroma = Views(MAX_PIXELS, {}, colour=colour).chroma(photo)
    assert (chroma is not None) is colour
    if chroma is not None:
        assert (chroma.shape, chroma.dtype) == ((16, 16, 2), np.uint8)
        assert np.abs(chroma.astype(int) - 128).mean() > 3


def test_only_so_many_photos_are_remembered_the_last_used_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stage, "_REMEMBERED", 2)
    a, b, c = (a_photo(f"/{name}.jpg") for name in "abc")
    computed: list[str] = []
    looks = views()

    def remember(photo: Photo) -> None:
        looks.remember(photo, "path", lambda: computed.append(photo.path))

    for photo in (a, b, a, c, a, b):
        remember(photo)
    assert computed == ["/a.jpg", "/b.jpg", "/c.jpg", "/b.jpg"]


@pytest.mark.parametrize(
    ("happens", "code"),
    [
        (os.remove, "vanished"),
        (lambda path: shutil.copyfile(LIBRARY / "2020 City/DSC_0120.jpg", path), "changed"),
    ],
    ids=["removed", "replaced"],
)
def test_a_photo_that_is_not_there_any_more_is_named(
    happens: Callable[[Path], object], code: str, tmp_path: Path
) -> None:
    path = tmp_path / "photo.jpg"
    shutil.copy2(LIBRARY / "2019 Summer/IMG_2041.jpg", path)
    photo = photo_at(path)
    happens(path)
    with pytest.raises(PhotoTrouble) as caught:
        views().grey(photo)
    assert (caught.value.photo, caught.value.code) == (photo, code)


def test_a_file_without_a_picture_in_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_text("no picture", encoding="ascii")
    photo = replace(a_photo("/a.jpg"), file=PhotoFile(str(path), stamp_of(os.stat(path))))
    with pytest.raises(PhotoTrouble) as caught:
        views().grey(photo)
    assert caught.value.code == "changed"
