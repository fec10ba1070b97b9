"""Whatever is decided, or forged as decided: no photo is lost."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from cleaning import photos_in, reported, tree
from deciding import decision, members, saved
from scanning import run

KINDS = ("keep", "remove", "remove", "remove", "not_duplicate", "later")


@pytest.mark.parametrize("seed", range(3))
def test_any_decisions_leave_a_photo_of_each_cluster_and_can_be_undone(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    draw = random.Random(seed)
    folder = tmp_path / "photos"
    for name in ("one", "two"):
        photos_in(folder / name)
    report = reported(folder, tmp_path / "found.json")
    everything = members(report)
    alone = {str(path) for path in folder.rglob("alone.jpg")}
    chosen = []
    for cluster, photo in everything:
        told = decision(draw.choice(KINDS), cluster, photo)
        if draw.random() < 0.2:
            told["digest"] = draw.choice([each["digest"] for _, each in everything])
        if draw.random() < 0.1:
            told |= {"path": draw.choice(sorted(alone)), "decision": "remove"}
        chosen.append(told)
    unique = list({each["path"]: each for each in chosen}.values())
    before = tree(folder)
    done = run(
        "clean", saved(tmp_path / "d.json", report, unique), "--quarantine", tmp_path / "aside"
    )
    assert done.returncode in (0, 3), done.stderr

    asked = {each["path"] for each in unique if each["decision"] == "remove"}
    gone = {photo["path"] for _, photo in everything if not os.path.exists(photo["path"])}
    clusters: dict[str, set[str]] = {}
    for cluster, photo in everything:
        clusters.setdefault(cluster, set()).add(photo["path"])
    assert gone <= asked
    assert all(paths - gone for paths in clusters.values())
    if gone:
        assert run("undo").returncode == 0
    assert tree(folder) == before
