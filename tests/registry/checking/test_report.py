"""The report is one page that stands by itself, says all of it, and runs nothing that is in a name."""

import base64
import hashlib
import html
import re
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest

from registry.checking.gaps import Gaps, gaps
from registry.checking.report import CARDS, NAMES, Register, report_html, report_texts, rule
from registry.checking.told import says, title
from registry.checking.workforce import Worker
from tests.registry.checking.conftest import NOW, profile_of
from tests.registry.checking.test_gaps import holding, standing

PROFILE = profile_of(
    "work\nany_of = ['hot-work', 'other']\nlevel = 'C1'\nthird_party = true\nidentity = 2\nscope_classes = ['T1']\n"
    "max_age_months = 12\nbasis = 'AFS 2023:11'",
    "more\nany_of = ['other']",
    roles=("worker", "guard"),
)
HERE = Register("Registret <b>", "https://bevis.example", {"hot-work": dict.fromkeys(("sv", "nb", "en"), "Hot & work")})
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def answer() -> Gaps:
    profile = profile_of("work\nany_of = ['hot-work']", "more\nany_of = ['other']", roles=("worker",))
    role = profile.role[0]
    people = [
        (Worker(2, "Anna Berg", None, role, ()), [holding("1" * 16), holding("2" * 16, scheme="other")]),
        (Worker(3, EVIL, None, role, ()), [holding("3" * 16, holder_name=EVIL, standing=standing("revoked"))]),
        (
            Worker(4, "Bo Ek", None, role, ()),
            [
                holding("4" * 16, holder_name="Bo Ek", standing=standing("status_unknown", "could_not_check")),
                holding("5" * 16, holder_name="Bo Ek", scheme="other", valid_until=NOW.date() + timedelta(days=30)),
            ],
        ),
    ]
    return gaps(people, profile, day=NOW.date(), ahead=False, now=NOW)


class Page(HTMLParser):
    """Tags, attributes and words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("lang", ["sv", "nb", "en"])
def test_all_is_said_those_who_lack_something_first(lang: str) -> None:
    found = answer()
    page = report_html(found, lang, HERE, NOW)
    read = " ".join(html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)).split())
    for person in found.people:
        for cell in person.cells:
            if person.outcome != "fulfilled":
                assert title(cell.why, lang) in read or cell.outcome == "fulfilled"
                assert " ".join(says(cell.why, lang).split()) in read
    assert read.index("Bo Ek") > read.index("<script>alert(1)</script>")
    assert read.rindex("Anna Berg") > read.rindex("Bo Ek")
    assert f'lang="{lang}"' in page
    words = {name: text[lang] for name, text in report_texts().items() if name != "owners"}
    assert words["some_lack"].format(some=1, all=3) in read
    assert words["soon"].format(days=90) in read


def test_nothing_is_fetched_and_nothing_runs() -> None:
    page = report_html(answer(), "en", HERE, NOW)
    tags = Page(page).tags
    assert {tag for tag, _ in tags}.isdisjoint({"script", "img", "link", "iframe", "object", "embed", "form", "base"})
    for tag, attributes in tags:
        assert not any(name.startswith("on") or name in {"src", "srcset", "style"} for name in attributes)
        if "href" in attributes:
            start = {"a": "https://bevis.example/v/", "use": "#i-"}[tag]
            assert str(attributes["href"]).startswith(start)
    (policy,) = [str(one["content"]) for tag, one in tags if tag == "meta" and "http-equiv" in one]
    style = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style[0].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in style[0]
    assert "@import" not in style[0]


def test_word_and_shape_and_colour() -> None:
    page = report_html(answer(), "en", HERE, NOW)
    for outcome in ("lacking", "unsure", "fulfilled"):
        assert f'<symbol id="i-{outcome}"' in page
        assert f'href="#i-{outcome}"' in page
        assert report_texts()[f"outcome_{outcome}"]["en"] in page


def test_a_requirement_in_words() -> None:
    assert rule(PROFILE.requirement[0], HERE.schemes, "en") == (
        "Hot & work or other, at least level C1, independently examined, identity checked to assurance 2 of 3, "
        "class T1, shown 12 months ago at most"
    )
    assert rule(PROFILE.requirement[1], {}, "sv") == "other"


@pytest.mark.parametrize(
    ("keep", "headline"),
    [
        ([0], "Everybody has what is required"),
        ([0, 2], "1 of 2 cannot be confirmed"),
        ([0, 1, 2], "1 of 3 lack something"),
    ],
)
def test_the_headline_is_the_worst(keep: list[int], headline: str) -> None:
    found = answer()
    found = replace(found, people=tuple(found.people[place] for place in keep))
    assert f"<h2>{headline}</h2>" in report_html(found, "en", HERE, NOW)


def test_a_day_to_come_is_said_to_be_one() -> None:
    found = replace(answer(), day=date(2030, 1, 1), ahead=True)
    assert "a day that has not come" in report_html(found, "en", HERE, NOW)


def test_a_requirement_that_nobody_has_and_a_role_that_requires_nothing() -> None:
    profile = profile_of("work\nany_of = ['hot-work']")
    role = profile.role[0].model_copy(update={"requires": ()})
    found = gaps([(Worker(2, "Anna Berg", None, role, ()), [])], profile, day=NOW.date(), ahead=False, now=NOW)
    page = report_html(found, "en", HERE, NOW)
    assert "Nobody in the file has a role that requires this." in page
    assert "The role requires nothing." in page


@pytest.mark.parametrize("name", [name for name in report_texts() if name != "owners"])
def test_every_text_stands_there_in_three_languages(name: str) -> None:
    assert set(report_texts()[name]) == {"sv", "nb", "en"}


def test_of_very_many_nobody_is_left_out() -> None:
    profile = profile_of("work\nany_of = ['hot-work']")
    role = profile.role[0]
    people = [(Worker(row, f"Anna {row}", None, role, ()), []) for row in range(2, 2 + CARDS + NAMES)]
    page = report_html(gaps(people, profile, day=NOW.date(), ahead=False, now=NOW), "en", HERE, NOW)
    assert page.count('<li class="card person') == CARDS
    assert all(page.count(f">Anna {row}<") == 1 for row in range(2, 2 + CARDS + NAMES))
    assert f"… and {CARDS} more" in page
