"""What the import contracts cannot say: who may see private keys, and that nothing is handed on by a package."""

import ast
import re
from pathlib import Path

import pytest

SCANNER = "verification/scanner/core"
ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(path for name in ("levels", "verification", "registry") for path in (ROOT / name).rglob("*.py"))


def imported_names(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}


def test_only_one_file_sees_private_keys() -> None:
    seeing = [
        path.relative_to(ROOT).as_posix()
        for path in MODULES
        if any("PrivateKey" in name or name.startswith("load_") for name in imported_names(path))
    ]
    assert seeing == ["registry/signing/private_keys.py"]


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=str)
def test_packages_hand_on_nothing(path: Path) -> None:
    body = ast.parse(path.read_text("utf-8")).body
    assert all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


def test_the_demo_is_data_only() -> None:
    assert not list((ROOT / "registry" / "demo").rglob("*.py"))


def test_the_core_reads_no_clock() -> None:
    doors = {"registry/command_line/screen.py", "registry/command_line/door.py"}
    doors |= {"registry/web/dependencies.py", "verification/offline.py"}
    clocks = {"now", "today", "utcnow", "time"}
    for path in MODULES:
        name = path.relative_to(ROOT).as_posix()
        calls = [
            node.func
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in clocks
        ]
        reading = [
            call for call in calls if isinstance(call.value, ast.Name) and call.value.id in {"datetime", "date", "time"}
        ]
        assert not reading or name in doors, name


def test_the_core_in_javascript_reads_no_clock_and_asks_nobody() -> None:
    doors = ("Date.now", "new Date()", "performance.", "fetch(", "XMLHttpRequest", "WebSocket", "indexedDB", "window.")
    imported = re.compile(r'(?:from |import\()"([^"]+)"')
    outside = set()
    files = sorted((ROOT / SCANNER).glob("*.js"))
    assert files
    for path in files:
        said = path.read_text("utf-8")
        assert not [door for door in doors if door in said], path.name
        outside |= {(path.name, name) for name in imported.findall(said) if not (path.parent / name).is_file()}
    assert outside == {("keys.js", "@noble/ed25519")}
