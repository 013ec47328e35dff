"""What is installed has all that is printed with: pages, texts, fonts and their licence."""

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[4]


def test_the_wheel_has_pages_and_fonts(tmp_path: Path) -> None:
    code = f"import hatchling.build; print(hatchling.build.build_wheel({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as packed:
        names = set(packed.namelist())
    folder = ROOT / "registry" / "issuing" / "documents"
    printed_with = [
        *(folder / "pages").iterdir(),
        *(folder / "fonts").iterdir(),
        folder.parent / "texts" / "documents.toml",
    ]
    assert len(printed_with) > 8
    assert [file for file in printed_with if file.relative_to(ROOT).as_posix() not in names] == []
    assert "registry/issuing/documents/fonts/OFL.txt" in names
