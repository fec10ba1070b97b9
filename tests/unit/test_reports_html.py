"""The page of a report: what is in it, that it is always the same, and that no name breaks it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from hypothesis import given, settings
from paging import page_of
from strategies_clusters import a_photo, results

from dupfinder.model import Cluster, Evidence, Found, Match, Relation, Skipped
from dupfinder.reports.html import BEGINS, side_for
from dupfinder.reports.names import printable
from dupfinder.reports.page.summary import label_of, summary

EVIL = "</script><script>alert(1)</script>\u2028<img src=x onerror=alert(2)>'\"&{{7*7}}.jpg"


class Parsed(HTMLParser):
    """The elements of a page, the texts between them, and what its inert blocks hold."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.blocks: dict[str, str] = {}
        self.scripts: list[str] = []
        self._at: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._at.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self._at[-1] if self._at else ("", {})
        if tag == "script" and "id" in attributes:
            self.blocks[attributes["id"] or ""] = data
        elif tag in ("script", "style"):
            self.scripts.append(data)
        else:
            self.texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        while self._at and self._at.pop()[0] != tag:
            pass

    @property
    def data(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.blocks["data"])
        return told


def found_of(*names: str, **changes: Any) -> Found:
    photos = [a_photo(f"/lib/{number}/{name}") for number, name in enumerate(names)]
    matches = tuple(Match(photos[0], p, Relation.COPY, (), Evidence("orb")) for p in photos[1:])
    star = Cluster("c0ffee", tuple(photos), matches)
    found = Found(("/lib",), "copies", "dct256", 60, len(photos), len(photos), 0, (star,), ())
    return replace(found, **changes)


@settings(max_examples=40)
@given(results(references=(None, "/known")))
def test_any_result_gives_one_card_for_every_photo_and_no_element_of_a_name(found: Found) -> None:
    text = page_of(found)
    page = Parsed(text)
    cards = [told for tag, told in page.elements if tag == "li" and told.get("class") == "photo"]
    members = [member for star in found.clusters for member in star.members]

    assert len(cards) == len(members) + 2 * len(found.similar)
    assert [card["name"] for card in page.data["cards"]][: len(members)] == [
        printable(member.path.rpartition("/")[2]) for member in members
    ]
    assert not {"img-x", "x"} & {tag for tag, _ in page.elements}
    # One style, one script; everything else in a script element is inert.
    kinds = [told.get("type") for tag, told in page.elements if tag == "script"]
    assert kinds.count(None) == 1
    assert set(kinds) <= {None, "application/json", "text/plain"}
    assert len(page.scripts) == 2
    text.encode("utf-8")
    assert page_of(found) == text


def test_names_and_reasons_are_texts_and_nothing_else() -> None:
    skipped = (Skipped(f"/lib/{EVIL}", "decode", "odd", EVIL),)
    found = found_of(EVIL, "b.jpg", skipped=skipped, discovered=3)
    page = Parsed(page_of(found, lost=["/lib/1/b.jpg"]))

    shown = printable(EVIL)
    # Folder and name of the first photo, the skipped file and its reason.
    assert any(shown.rpartition("/")[2] == text for text in page.texts)
    assert sum("alert(1)" in text for text in page.texts) >= 3
    assert not [told for tag, told in page.elements if tag == "img" and told.get("src") == "x"]
    assert len([tag for tag, told in page.elements if tag == "script" and "type" not in told]) == 1
    assert "49.jpg" not in "".join(page.texts)
    assert page.data["cards"][0]["path"] == f"/lib/0/{EVIL}"
    assert list(json.loads(page.blocks["missing"]).values()) == ["the file is <gone>"]


def test_a_name_that_is_no_text_keeps_its_bytes_for_the_decisions() -> None:
    page = Parsed(page_of(found_of("caf\udce9.jpg", "b.jpg")))
    card = page.data["cards"][0]

    assert base64.b64decode(card["path_base64"]) == b"/lib/0/caf\xe9.jpg"
    assert card["name"] == "caf\\xe9.jpg"


def test_the_policy_allows_one_script_and_one_style_and_no_network() -> None:
    page = Parsed(page_of(found_of("a.jpg", "b.jpg")))
    (policy,) = (
        told["content"]
        for _, told in page.elements
        if told.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    style, script = page.scripts
    for kind, text in (("style", style), ("script", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_no_element_has_a_script_or_a_style_of_its_own() -> None:
    page = Parsed(page_of(found_of("a.jpg", "b.jpg")))
    attributes = {name for _, told in page.elements for name in told}

    assert not {name for name in attributes if name.startswith("on") or name == "style"}
    addresses = {told[key] for _, told in page.elements for key in ("src", "href") if key in told}
    assert {str(address)[:5] for address in addresses} <= {"data:", "#clus"}


def test_files_of_the_same_bytes_share_one_picture() -> None:
    found = found_of("a.jpg", "b.jpg", "c.jpg")
    first, second, third = found.clusters[0].members
    star = replace(found.clusters[0], members=(first, second, replace(third, digest=first.digest)))
    page = Parsed(page_of(replace(found, clusters=(star,))))

    assert [card["picture"] for card in page.data["cards"]] == [0, 1, 0]
    sources = [told["src"] for tag, told in page.elements if tag == "img"]
    assert sources[0] == sources[2] != sources[1]


def test_pictures_that_are_not_seen_at_once_stand_behind_the_page_and_once() -> None:
    found = found_of(*(f"{number}.jpg" for number in range(40)))
    text = page_of(found)
    page = Parsed(text)

    sources = [told.get("src") for tag, told in page.elements if tag == "img"]
    assert sum(source is not None for source in sources) == 24
    assert [name for name in page.blocks if name.startswith("d") and name != "data"] == [
        f"d{number}" for number in range(24, 40)
    ]
    assert text.index('id="d24"') > text.index('id="data"')


def test_a_page_of_ours_is_known_by_its_beginning() -> None:
    assert page_of(found_of("a.jpg", "b.jpg")).encode().startswith(BEGINS)


def test_a_transform_comes_with_the_digits_that_laying_over_needs() -> None:
    found = found_of("a.jpg", "b.jpg")
    matrix = (0.0, 1.23456789, 0.5, -1.0, 0.0, 544.25, 1e-7, 0.0, 1.0)
    (match,) = found.clusters[0].matches
    told = replace(match, evidence=replace(match.evidence, transform=matrix))
    star = replace(found.clusters[0], matches=(told,))
    card = Parsed(page_of(replace(found, clusters=(star,)))).data["cards"][1]

    assert card["transform"] == list(matrix)
    assert card["base"] == 0


def test_few_pictures_are_sharp_and_many_are_small() -> None:
    assert [side_for(count) for count in (1, 1000, 1500, 3000, 8000, 10**6)] == [
        640, 640, 480, 320, 256, 256,
    ]  # fmt: skip


def test_the_bars_count_every_copy_once() -> None:
    found = found_of("a.jpg", "b.jpg", "c.jpg", "d.jpg")
    told = summary(found, "/lib")

    assert [(bar.label, bar.size, bar.count) for bar in told.bars] == [
        ("copies of other kinds", "3.0 kB", "3")
    ]
    assert told.title == "1 cluster of copies"
    assert dict(told.facts)["could be freed"] == "3.0 kB"


@given(results())
def test_the_bars_together_are_the_bytes_of_all_copies(found: Found) -> None:
    told = summary(found, "")
    copies = [match for star in found.clusters for match in star.matches]

    assert sum(int(bar.count) for bar in told.bars) == len(copies)
    assert len(told.bars) == min(7, len({label_of(match) for match in copies}))


def test_without_copies_there_is_a_page_that_says_so() -> None:
    text = page_of(Found(("/lib",), "copies", "dct256", 60, 2, 2, 0, (), ()))

    assert re.search("<h1>No copies</h1>", text)
