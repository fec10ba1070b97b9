"""The rules of the house, carried out: imports, types, style, sizes and the front door."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import dupfinder

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "dupfinder"
HEAVY = {"numpy", "cv2", "PIL", "rich", "starlette", "uvicorn", "onnxruntime"}

LAYERS = "Imports point downward, and stages never import each other"
PILLOW = "Pictures are opened in decode; hashers may use Pillow"
OPENCV = "OpenCV stays in decode, hashers, features and verifiers"
RICH = "Rich stays in cli and reports"
SERVED = "Only the review page is served"
RUNTIME = "The runtime of networks stays in its one module"
BKTREE = "pybktree stays in indexes"
SQLITE = "SQLite stays in storage"
SERVERS = "Database servers are reached in storage/servers"
PHOTOS = "Only act reaches the photos' file system"
FILES = "Nothing moves or removes files"
CONTRACTS = {
    LAYERS, PILLOW, OPENCV, RICH, SERVED, RUNTIME, BKTREE, SQLITE, SERVERS, PHOTOS, FILES,
}  # fmt: skip

FOLDERS = (
    "cli", "web", "api", "reports", "engines", "hashers", "indexes", "verifiers", "storage",
    "keeprules", "features", "decode", "acts", "filesystem", "model", "searchers",
)  # fmt: skip
MODULES = (
    "discover", "fingerprint", "candidates", "verify", "cluster", "families", "choose", "decide",
    "recheck", "merge", "act",
    "companions", "entries", "exclusions", "roots", "paths", "processors", "xmp", "protocols",
    "settings", "errors",
)  # fmt: skip


def run(*command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def expect_clean(*command: str) -> None:
    done = run(*command)
    if done.returncode != 0:
        pytest.fail(f"{' '.join(command)}:\n{done.stdout}{done.stderr}", pytrace=False)


LINT_IMPORTS = (
    "-c", "from importlinter.cli import lint_imports_command as run; run()",
    "--no-logo", "--no-cache",
)  # fmt: skip


def test_imports_keep_the_contracts() -> None:
    expect_clean(*LINT_IMPORTS)


def test_types_are_sound() -> None:
    expect_clean("-m", "mypy")


def test_the_linter_has_nothing_to_say() -> None:
    expect_clean("-m", "ruff", "check", ".")


def test_the_formatting_is_ruffs() -> None:
    expect_clean("-m", "ruff", "format", "--check", ".")


@pytest.fixture
def stub(tmp_path: Path) -> Path:
    """A package of empty modules under the project's contracts: a place to plant violations."""
    for name in (*FOLDERS, "."):
        folder = tmp_path / "dupfinder" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").touch()
        (folder / "part.py").touch()
    (tmp_path / "dupfinder/part.py").unlink()
    for name in (*MODULES, "__main__"):
        (tmp_path / f"dupfinder/{name}.py").touch()
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    return tmp_path


def broken_contracts(stub: Path) -> set[str]:
    done = run(*LINT_IMPORTS, folder=stub)
    verdicts = dict(re.findall(r"^(.+) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE))
    assert verdicts.keys() == CONTRACTS, f"not checked:\n{done.stdout}{done.stderr}"
    return {name for name, verdict in verdicts.items() if verdict == "BROKEN"}


def test_a_package_that_keeps_every_rule_passes(stub: Path) -> None:
    permitted = {
        "__init__": "from dupfinder import api",
        "__main__": "from dupfinder import cli",
        "cli/part": "from dupfinder import api, reports\nimport rich.console",
        "web/part": "from dupfinder import api, reports\nimport starlette.routing",
        "api": "from dupfinder import engines, discover, storage",
        "reports/part": "from dupfinder import model\nfrom rich.table import Table",
        "engines/part": "from dupfinder import discover, fingerprint, families, choose",
        "fingerprint": "from dupfinder import hashers, storage, features, decode",
        "choose": "from dupfinder import keeprules",
        "act": "from dupfinder import acts, filesystem, storage",
        "acts/part": "from dupfinder import filesystem, storage",
        "hashers/part": "import PIL.Image\nimport cv2",
        "indexes/part": "import pybktree\nfrom dupfinder import features",
        "verifiers/part": "import cv2\nfrom dupfinder import features",
        "features/part": "import cv2\nfrom dupfinder import decode, protocols",
        "storage/part": "import sqlite3",
        "decode/part": "import PIL.Image\nimport pillow_heif\nimport cv2",
    }
    for module, code in permitted.items():
        (stub / f"dupfinder/{module}.py").write_text(code)

    assert broken_contracts(stub) == set()


@pytest.mark.parametrize(
    ("module", "code", "contract"),
    [
        ("verify", "from dupfinder.cluster import x", LAYERS),
        ("families", "from dupfinder.verify import x", LAYERS),
        ("families", "from dupfinder.engines.part import x", LAYERS),
        ("features/part", "from dupfinder.indexes import part", LAYERS),
        ("features/part", "from dupfinder.verifiers import part", LAYERS),
        ("decode/part", "from dupfinder.features import part", LAYERS),
        ("indexes/part", "from dupfinder.verifiers import part", LAYERS),
        ("cli/part", "from dupfinder import __main__", LAYERS),
        ("discover", "from dupfinder import fingerprint", LAYERS),
        ("hashers/part", "from dupfinder.storage import part", LAYERS),
        ("model/part", "from dupfinder.settings import x", LAYERS),
        ("decode/part", "import dupfinder.api", LAYERS),
        ("choose", "from dupfinder.engines.part import x", LAYERS),
        ("reports/part", "def late():\n    from dupfinder import api", LAYERS),
        ("utils", "", LAYERS),
        ("choose", "import PIL.Image", PILLOW),
        ("api", "import pillow_heif", PILLOW),
        ("candidates", "import cv2", OPENCV),
        ("families", "import cv2", OPENCV),
        ("api", "from dupfinder import web", LAYERS),
        ("cli/part", "import uvicorn", SERVED),
        ("features/part", "import PIL.Image", PILLOW),
        ("engines/part", "from rich import print", RICH),
        ("engines/part", "import onnxruntime", RUNTIME),
        ("candidates", "import pybktree", BKTREE),
        ("fingerprint", "import sqlite3", SQLITE),
        ("storage/part", "import psycopg", SERVERS),
        ("engines/part", "import pymysql.cursors", SERVERS),
        ("storage/part", "from shutil import rmtree", FILES),
        ("engines/part", "from dupfinder import filesystem", PHOTOS),
        ("cli/part", "from dupfinder.filesystem import part", PHOTOS),
    ],
)
def test_a_planted_violation_is_found(stub: Path, module: str, code: str, contract: str) -> None:
    (stub / f"dupfinder/{module}.py").write_text(code)

    assert broken_contracts(stub) == {contract}


def test_a_stage_may_not_reach_up_through_the_front_door(stub: Path) -> None:
    (stub / "dupfinder/__init__.py").write_text("from dupfinder import api")
    (stub / "dupfinder/choose.py").write_text("import dupfinder")

    assert broken_contracts(stub) == {LAYERS}


def test_the_front_door_is_in_order() -> None:
    names = dupfinder.__all__

    assert names == sorted(set(names))
    assert [name for name in names if not hasattr(dupfinder, name)] == []
    assert [n for n in names if isinstance(getattr(dupfinder, n), ModuleType)] == []


@pytest.mark.parametrize("door", ["import dupfinder", "from dupfinder.cli import main; main()"])
def test_starting_up_imports_nothing_heavy(door: str) -> None:
    code = f"""
import sys
sys.argv = ["dupfinder", "--help"]
try:
    {door}
except SystemExit as stop:
    assert not stop.code
print(*sys.modules, file=sys.stderr)
"""
    done = run("-c", code)

    assert done.returncode == 0, done.stderr
    assert "dupfinder" in done.stderr.split()
    assert HEAVY.intersection(done.stderr.split()) == set()


def sources() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def test_no_module_has_more_than_300_lines() -> None:
    lengths = {name: text.count("\n") for name, text in sources()}

    assert {name: n for name, n in lengths.items() if n > 300} == {}


def test_no_function_has_more_than_40_lines() -> None:
    lengths = {
        f"{name}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name, text in sources()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef)
    }

    assert {name: length for name, length in lengths.items() if length > 40} == {}
