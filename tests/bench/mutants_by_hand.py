"""The mutants that mutmut does not make: constants, tables, properties and context managers.

    python tests/bench/mutants_by_hand.py [MODULE...]

Each stands in tests/safety/mutants.toml as a text of a module and what takes its place. The project
is copied, the copy changed, and the tests named there are run until one fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SECONDS = 120  # a mutant that runs for longer never ends


def main(modules: list[str]) -> int:
    with (PROJECT / "tests" / "safety" / "mutants.toml").open("rb") as file:
        told = tomllib.load(file)
    survived = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "project")
        for name in ("dupfinder", "tests"):
            shutil.copytree(
                PROJECT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        shutil.copy(PROJECT / "pyproject.toml", copy)
        mutants = [each for each in told["mutant"] if each["module"] in modules or not modules]
        for tests in sorted({each["tests"] for each in mutants}):
            assert passes(copy, told["tests"][tests]), f"{tests} fail before anything is changed"
        for mutant in mutants:
            is_killed = killed(copy, mutant, told["tests"][mutant["tests"]])
            survived += not is_killed and "reason" not in mutant
            how = "killed" if is_killed else mutant.get("reason", "SURVIVED")
            print(f"{mutant['module']}: {mutant['old']!r} -> {mutant['new']!r}: {how}", flush=True)
    return 1 if survived else 0


def killed(copy: Path, mutant: dict[str, str], tests: list[str]) -> bool:
    path = copy / "dupfinder" / mutant["module"]
    text = path.read_text("utf-8")
    assert text.count(mutant["old"]) >= 1, f"{mutant['module']} has no {mutant['old']!r} any more"
    path.write_text(text.replace(mutant["old"], mutant["new"], 1), "utf-8")
    try:
        return not passes(copy, tests)
    finally:
        path.write_text(text, "utf-8")


def passes(copy: Path, tests: list[str]) -> bool:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
