"""Random plans: whatever is found, asked for and protected, no photo is planned away for good.

    python -m pytest tests/safety/test_plans.py -m slow -s

makes 100,000 of them and prints what was in them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_clusters import a_photo

from dupfinder.choose import REMOVABLE, plan
from dupfinder.keeprules import KeepRule, parse
from dupfinder.model import (
    Action,
    Cluster,
    Companion,
    Edit,
    Evidence,
    Found,
    Match,
    Photo,
    PhotoFile,
    Plan,
    Relation,
    Stamp,
)
from dupfinder.paths import is_below

FOLDERS = ("/lib", "/lib/a", "/lib/ab", "/ref", "/ref/deep")
KINDS = (("xmp", False), ("movie", True), ("raw", True))
EDITS = ("cropped", "extended", "resized", "framed", "written over", "grey", "re-encoded")
# Folders that are there, so that they are no slip of the pen; photos lie in them by their names.
RULES = parse(
    "in:/,not-in:/,name:*1*,true-resolution,not-edited,camera-data,most-metadata,original-format,most-pixels,"
    "least-compressed,oldest,newest,largest,smallest,shortest-path"
)


@dataclass(frozen=True)
class Case:
    """What `plan` is asked."""

    found: Found
    rules: tuple[KeepRule, ...]
    only: tuple[Relation, ...]
    protect: tuple[str, ...]

    def plan(self) -> Plan:
        return plan(self.found, self.rules, self.only, self.protect)


def a_case(random: Random) -> Case:
    clusters = tuple(a_cluster(random, number) for number in range(random.randint(1, 3)))
    may_go = [relation for relation in Relation if relation is not Relation.SIMILAR]
    return Case(
        Found(("/lib",), "copies", "dct256", 60, 0, 0, 0, clusters, ()),
        tuple(random.sample(RULES, random.randint(0, 5))),
        random.choice([tuple(REMOVABLE), tuple(may_go), tuple(random.sample(may_go, 2))]),
        tuple(random.sample([*FOLDERS, "/lib/a/0-1.jpg"], random.choice([0, 0, 1, 2]))),
    )


def a_cluster(random: Random, number: int) -> Cluster:
    members = [one(random, f"{number}-{at}") for at in range(random.randint(2, 6))]
    matches = []
    for at, copy in enumerate(members[1:]):
        # Mostly against the representative, else against one that was compared before.
        base = members[random.choice([0, 0, 0, random.randint(0, at)])]
        matches.append(a_match(random, base, copy))
    return Cluster(str(number), tuple(members), tuple(matches))


def one(random: Random, name: str) -> Photo:
    path = f"{random.choice(FOLDERS)}/{name}.jpg"
    linked = random.random() < 0.15
    links = (f"{random.choice(FOLDERS)}/{name} (link).jpg",) if linked else ()
    beside = tuple(
        # Some belong to several photos.
        Companion(f"{path if random.random() < 0.8 else '/lib/shared'}.{kind}", kind, is_content)
        for kind, is_content in KINDS
        if random.random() < 0.1
    )
    stamp = Stamp(1, 2, random.choice([1000, 2000]), random.choice([0, 10**18]), 0)
    width = random.choice([200, 400, 400, 800])
    return a_photo(
        path,
        file=PhotoFile(
            path,
            stamp,
            links,
            1 + len(links) + (random.random() < 0.1),
            beside,
            reference="/elsewhere" if random.random() < 0.1 else None,
        ),
        width=width,
        inner=(random.choice([width, 190]), 300),
        # Few of them, so that equal contents meet in one cluster: with one width, as they have.
        digest=random.choice([name.encode(), name.encode(), b"same%d" % width]),
        pixel_digest=random.choice([None, b"same%d" % width]),
        taken_at=random.choice([None, "2019-07-14 18:22:05", "2021-01-03 09:00:00"]),
        camera=random.choice([None, "Camera X"]),
        format=random.choice(["JPEG", "PNG"]),
        lossless=random.random() < 0.3,
        quantization=random.choice([None, 3.25, 11.75]),
    )


def a_match(random: Random, base: Photo, copy: Photo) -> Match:
    relation = random.choice([*Relation, Relation.IDENTICAL, Relation.COPY, Relation.COPY])
    kinds = random.sample(EDITS, random.randint(0, 2)) if relation is not Relation.IDENTICAL else []
    return Match(
        base,
        copy,
        relation,
        tuple(Edit(kind, random.choice([0.5, 2.0])) for kind in kinds),
        Evidence("orb", detail=random.choice([None, -0.3, 0.3])),
        doubtful=relation is Relation.COPY and random.random() < 0.2,
    )


def names(photo: Photo) -> set[str]:
    """All that goes with a photo, under any name."""
    beside = {companion.path for companion in photo.file.companions}
    return {photo.path, *photo.file.links} | beside


def is_proven(case: Case, action: Action) -> bool:
    """By a comparison of the scan, or by the digests of the contents."""
    match = action.match
    if any(match is each for star in case.found.clusters for each in star.matches):
        return True
    if match.relation is Relation.IDENTICAL:
        return action.photo.digest == action.keeper.digest
    same = action.photo.pixel_digest == action.keeper.pixel_digest
    return match.relation is Relation.SAME_PIXELS and same and action.photo.pixel_digest is not None


def hold_the_laws(case: Case, made: Plan) -> None:
    """What must be true of every plan."""
    fates = [*made.keepers]
    fates += [each.photo for each in (*made.actions, *made.ties, *made.spared)]
    members = [member for star in case.found.clusters for member in star.members]
    assert sorted(each.path for each in fates) == sorted(each.path for each in members)
    kept = {each.path for each in made.keepers}
    gone = {action.photo.path for action in made.actions}
    for star in case.found.clusters:
        assert kept & {member.path for member in star.members}
    stays = set[str]().union(*(names(each) for each in members if each.path not in gone))
    for action in made.actions:
        assert action.keeper.path in kept - gone
        assert {action.match.base, action.match.copy} == {action.photo, action.keeper}
        assert is_proven(case, action)
        assert action.match.relation in case.only
        assert not action.match.doubtful
        assert action.photo.file.link_count == 1
        assert action.photo.file.reference is None
        assert action.photo.file.frees > 0
        assert not names(action.photo) & stays
        assert not any(is_below(name, case.protect) for name in names(action.photo))
        theirs = {companion.kind for companion in action.keeper.file.companions}
        ours = {each.kind for each in action.photo.file.companions if each.is_content}
        assert ours <= theirs
        assert action.rule == "protect" or action.rule in made.rules
        assert action.because
    assert all(each.code and each.reason for each in made.spared)


def shuffled(random: Random, case: Case) -> Case:
    """The same, found in another order."""
    stars = []
    for star in case.found.clusters:
        copies = random.sample(star.matches, len(star.matches))
        members = (star.representative, *(match.copy for match in copies))
        stars.append(Cluster(star.id, members, tuple(copies)))
    random.shuffle(stars)
    protect = tuple(reversed(case.protect))
    found = replace(case.found, clusters=tuple(stars))
    return replace(case, found=found, only=tuple(reversed(case.only)), protect=protect)


def in_any_order(made: Plan) -> tuple[set[str], set[object]]:
    """Who stays, and what becomes of the others."""
    rest = {
        (type(each), each.photo.path, each.keeper.path, getattr(each, "rule", ""))
        for each in (*made.actions, *made.ties, *made.spared)
    }
    return {each.path for each in made.keepers}, rest


def check(random: Random) -> tuple[Case, Plan]:
    case = a_case(random)
    made = case.plan()
    hold_the_laws(case, made)
    assert in_any_order(shuffled(random, case).plan()) == in_any_order(made)
    return case, made


@settings(max_examples=1000)
@given(st.randoms(use_true_random=False))
def test_no_plan_takes_what_must_stay(random):
    check(random)


@pytest.mark.slow
def test_no_plan_of_a_hundred_thousand_takes_what_must_stay(capsys):
    seen: Counter[str] = Counter()
    for seed in range(100_000):
        case, made = check(Random(seed))
        seen["plans"] += 1
        seen["clusters"] += len(case.found.clusters)
        seen["removed"] += len(made.actions)
        seen["removed, the keeper protected"] += sum(
            each.rule == "protect" for each in made.actions
        )
        seen["ties"] += len(made.ties)
        seen.update(f"spared: {each.code}" for each in made.spared)
        seen.update(f"removed as {each.match.relation}" for each in made.actions)
    assert min(seen.values()) > 500, "what hardly comes up is hardly proven"
    with capsys.disabled():
        print("\n" + "\n".join(f"{count:>9,}  {what}" for what, count in seen.items()))  # noqa: T201
