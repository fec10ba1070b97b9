"""Which files of a folder belong to which photo, by their names alone."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sidecars import LAYOUTS, Layout

from dupfinder.companions import PICTURES, RAWS, companions_in, could_be, with_companions
from dupfinder.decode.sniff import PICTURE_ENDINGS
from dupfinder.model import Companion, PhotoFile, Stamp


def told(companion: Companion) -> str:
    kind, shared, _ = companion.kind.partition("-shared-")
    mark = "!" if companion.is_content else ""
    return f"{os.path.basename(companion.path)}={kind}{shared.rstrip('-')}{mark}"


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.title)
def test_a_layout_is_understood(layout: Layout) -> None:
    found = companions_in("/lib", layout.names)

    assert {photo: list(map(told, each)) for photo, each in found.items()} == {
        photo: list(own) for photo, own in layout.belonging.items()
    }
    assert all(
        c.path == f"/lib/{os.path.basename(c.path)}" for each in found.values() for c in each
    )


def test_there_are_more_than_sixty_layouts() -> None:
    assert len({layout.names for layout in LAYOUTS}) == len(LAYOUTS) > 60


def test_what_claims_to_be_a_picture_may_have_companions() -> None:
    assert PICTURES | RAWS == PICTURE_ENDINGS
    assert not PICTURES & RAWS


STEMS = ("IMG_1", "IMG_E1", "IMG_O1", "IMG_1_01", "IMG_1(1)", "IMG_1_HEVC", "IMG_1.MP", "b" * 46)
PHOTOS = (".JPG", ".jpg", ".HEIC", ".CR2", ".dng")
OTHERS = (".MOV", ".MP", ".xmp", ".AAE", ".THM", ".json", ".supple.json", "(1).json", ".txt", "")
NAMES = st.builds(
    "{}{}{}".format, st.sampled_from(STEMS), st.sampled_from((*PHOTOS, "")), st.sampled_from(OTHERS)
)
FOLDERS = st.lists(NAMES, unique=True, max_size=14)


@given(FOLDERS, st.randoms(use_true_random=False))
def test_the_order_of_the_names_changes_nothing(names: list[str], shuffle: random.Random) -> None:
    found = companions_in("/lib", names)
    shuffle.shuffle(names)

    assert companions_in("/lib", names) == found


@given(FOLDERS)
def test_nothing_is_a_photo_with_companions_and_a_companion_itself(names: list[str]) -> None:
    found = companions_in("/lib", names)
    taken = {os.path.basename(each.path) for own in found.values() for each in own}

    assert taken <= set(names)
    assert not taken & set(found)
    assert all(os.path.splitext(name)[1].lower() not in PICTURES for name in taken)


@given(FOLDERS)
def test_what_is_shared_is_the_counterpart_of_nothing_else(names: list[str]) -> None:
    found = [*companions_in("/a", names).values(), *companions_in("/b", names).values()]
    photos: dict[str, int] = {}
    kinds: dict[str, set[str]] = {}
    for own in found:
        for each in own:
            photos[each.path] = photos.get(each.path, 0) + 1
            kinds.setdefault(each.kind, set()).add(each.path)

    for own in found:
        for each in own:
            assert ("-shared-" in each.kind) == (photos[each.path] > 1)
            if photos[each.path] > 1:
                assert each.is_content
                assert kinds[each.kind] == {each.path}


@given(FOLDERS)
def test_companions_that_were_found_could_be(names: list[str]) -> None:
    for photo, own in companions_in("/lib", names).items():
        assert could_be(f"/lib/{photo}", own)


@pytest.mark.parametrize(
    "companions",
    [
        [Companion("/lib/IMG_2.JPG", "xmp", False)],
        [Companion("/lib/IMG_1.JPG", "xmp", False)],
        [Companion("/elsewhere/IMG_1.xmp", "xmp", False)],
        [Companion("/lib/IMG_2.xmp", "xmp", False)],
        [Companion("/lib/IMG_1.MOV", "movie", False)],
        [Companion("/lib/IMG_1.MOV", "xmp", True)],
        [Companion("/lib/IMG_1.xmp", "xmp-shared-0", True)],
        [Companion("/lib/IMG_1.xmp", "xmp", False)] * 2,
        [Companion("/lib/IMG_1.xmp", "xmp", False), Companion("/lib/IMG_1.AAE", "aae", False)],
    ],
)
def test_companions_that_were_made_up_could_not_be(companions: list[Companion]) -> None:
    assert not could_be("/lib/IMG_1.JPG", companions)


@given(st.integers(1, 60), st.sampled_from(["", "(1)", "(12)"]), st.booleans())
@example(46, "(1)", True)
def test_takeouts_rule_for_names_is_followed(length: int, number: str, is_late: bool) -> None:
    title = "x" * length
    whole = f"{title}.jpg" + ".supplemental-metadata" * is_late
    sidecar = f"{whole[:46]}{number}.json"
    photo = f"{title}{number}.jpg"

    found = companions_in("/lib", [photo, "y.jpg", sidecar])

    assert found == {photo: (Companion(f"/lib/{sidecar}", "json", False),)}


def test_a_folder_is_understood_in_one_go() -> None:
    # All names are alike in what Takeout leaves of them: looking each up among all would not end.
    title = "x" * 60
    names = [f"{title} {n}({n}).jpg" for n in range(20_000)]
    names += [f"{title[:46]}({n}).json" for n in range(20_000)]

    assert len(companions_in("/lib", names)) == 20_000


def test_a_file_without_companions_stays_as_it_is() -> None:
    file = PhotoFile("/lib/a.jpg", Stamp(1, 2, 3, 4, 5))
    own = (Companion("/lib/a.xmp", "xmp", False),)

    assert with_companions(file, {"b.jpg": own}) is file
    assert with_companions(file, {"a.jpg": own}).companions == own
