"""Letters that no font here has: told beforehand, and exactly those that the printer refuses."""

import json
from pathlib import Path

import pytest
import typst

from registry.issuing.documents.printing import _fonts
from registry.issuing.lists.on_paper import missing_in, not_on_paper

NAMES = {
    "Åsa Öberg-Ångström": "",
    "Đỗ Thị Hằng": "",
    "Łukasz Żółć": "",
    "Иван Ёлкин": "",
    "Γιώργος Παπαδόπουλος": "",
    "Sámi Čáhcelottáš": "",
    "A\u0301sa": "",
    "O’Neil": "",
    "Anna\u00a0Berg": "",
    "محمد": "م (U+0645), ح (U+062D), د (U+062F)",
    "李 Wei": "李 (U+674E)",
    "Kealiʻi": "ʻ (U+02BB)",
    "שרה": "ש (U+05E9), ר (U+05E8), ה (U+05D4)",
    "नेहा": None,
}


@pytest.mark.parametrize("name", NAMES)
def test_it_tells_what_the_printer_would_refuse(name: str, tmp_path: Path) -> None:
    compiler = typst.Compiler(root=str(tmp_path), font_paths=_fonts(), ignore_system_fonts=True)
    page = tmp_path / "page.typ"
    refused = []
    for font in ("Inter", "Inter Display"):
        set_ = f'#set document(title: "x")\n#set text(font: "{font}", fallback: false, lang: "sv")\n'
        page.write_text(f"{set_}#{json.dumps(name, ensure_ascii=False)}", encoding="utf-8")
        try:
            compiler.compile(input=str(page), format="pdf", pdf_standards=["a-3a"], timestamp=1_700_000_000)
        except typst.TypstError as fault:
            refused.append(fault.message)
    assert bool(refused) == (missing_in(name) != "")
    assert all("could not be displayed" in each for each in refused)


@pytest.mark.parametrize(("name", "told"), [each for each in NAMES.items() if each[1] is not None])
def test_what_is_told(name: str, told: str) -> None:
    assert missing_in(name) == told


def test_each_column_is_told_in_three_languages_and_no_more_than_somebody_reads() -> None:
    assert not_on_paper({}) == ()
    assert not_on_paper({"name": "Bo Ek", "scope_classes": ["A1", "Å"]}) == ()
    name, classes = not_on_paper({"name": "李小龍陳港生", "scope_classes": ["A1", "高"]})
    assert (name.column, name.code, classes.column) == ("name", "not_on_paper", "scope_classes")
    assert name.says["en"].count("U+") == 5
    assert "…" in name.says["en"]
    assert len(set(classes.says.values())) == 3
