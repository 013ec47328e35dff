import re
from datetime import date

import pytest

from registry.errors import CatalogueEntryNotFound, NotIssuable, SchemeUnconfirmed
from registry.records.sector.catalogue import CatalogueScheme, catalogue, catalogue_entry
from registry.records.sector.scheme_drafts import confirm_fact, draft_of, draft_scheme, drafts, publish_draft, takes_two
from registry.records.sector.schemes import schemes
from registry.records.whole.directory import Registry
from tests.registry.conftest import ACTOR, NOW

# Every row of the published catalogue; where a row names several schemes, each of them.
ROWS = """
no-hms-employer no-safety-rep no-eq-documented no-eq-specific no-truck no-crane-tower no-crane-mobile no-crane-bridge
no-crane-portal no-lorry-crane no-earthmoving no-offshore-crane no-scaffold-user no-scaffold-5 no-scaffold-9
no-scaffold-all no-aerial-lift no-fall no-hotwork no-fse no-roadworks-1 no-roadworks-2 no-roadworks-3 no-gsk no-rope
no-diver no-asbestos no-sha no-first-aid se-first-aid eu-diisocyanates eu-adr eu-cpc eu-cpc-periodic se-hotwork se-truck
se-lift se-crane se-scaffold-info se-scaffold-general se-scaffold-special se-asbestos-special se-asbestos-general
se-thermoset se-chainsaw se-bas se-bam se-roadworks se-esa se-ssg-entre se-sct se-ka se-fgas se-fibre se-welder any-talk
""".split()  # noqa: SIM905 a list of words is read as one
NOT_ISSUED = {"no-eq-specific", "no-diver", "eu-adr", "eu-cpc"}
ISSUED = [each for each in catalogue() if each.id not in NOT_ISSUED]
ALL_SAY = {"legal_basis", "mandatory_minutes", "validity", "who_issues", "max_level", "content", "titles"}


def test_every_row_is_there() -> None:
    assert [each.id for each in catalogue()] == sorted(ROWS)


@pytest.mark.parametrize("row", ISSUED, ids=lambda row: row.id)
def test_each_says_how_sure_it_is_of_what(row: CatalogueScheme) -> None:
    new = row.draft_for("sector")
    marks = {each.fact: each.mark for each in new.source}
    assert marks.keys() >= ALL_SAY
    assert marks["max_level"] == marks["content"] == "P"  # nobody's rule: to be decided by the scheme's owner
    assert new.unconfirmed
    assert "confirmed" not in marks.values()
    assert row.entry.as_of <= NOW.date().replace(year=2027)
    assert (new.code, new.owner, new.published_on) == (row.id, "sector", None)
    assert {new.target_level.value, new.max_level.value} <= set(re.findall(r"[BDEF]|C[12]", row.entry.level))
    country = {"no": "NO", "se": "SE"}.get(row.id[:2])
    assert {each.country for each in new.legal_basis} == {country}
    assert new.time_zone == ("Europe/Oslo" if country == "NO" else "Europe/Stockholm")
    assert len({new.titles.sv, new.titles.nb, new.titles.en}) > 1 or row.id == "se-sct"
    for said in (new.content, new.who_issues):
        assert said is not None


@pytest.mark.parametrize("identity", sorted(NOT_ISSUED))
def test_what_is_not_issued_here_says_why(identity: str) -> None:
    row = catalogue_entry(identity)
    assert row.entry.kind in {"external_proof", "authorisation"}
    assert row.entry.why is not None
    assert len({row.entry.why.sv, row.entry.why.nb, row.entry.why.en}) == 3
    with pytest.raises(NotIssuable, match=identity):
        row.draft_for("sector")


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(CatalogueEntryNotFound, match="no-such"):
        catalogue_entry("no-such")


def test_all_of_it_becomes_drafts_and_none_of_it_a_scheme(registry: Registry) -> None:
    with registry.writing() as db:
        before = {each.code for each in schemes(db)}
        for row in ISSUED:
            new = row.draft_for("sector")
            draft_scheme(db, new, NOW, ACTOR)
            with pytest.raises(SchemeUnconfirmed):
                publish_draft(db, new.code, new.version, from_day=None, now=NOW, actor=ACTOR)
        assert len(drafts(db)) == len(ISSUED)
        assert {each.code for each in schemes(db)} == before


def test_confirmed_fact_by_fact_it_is_published(registry: Registry) -> None:
    new = catalogue_entry("no-scaffold-5").draft_for("sector")
    assert not takes_two(new)
    with registry.writing() as db:
        draft_scheme(db, new, NOW, ACTOR)
        for each in new.unconfirmed:
            confirm_fact(db, new.code, "1", each.fact, evidence="board, minute 9", now=NOW, actor=ACTOR)
        assert draft_of(db, new.code, "1").new().unconfirmed == ()
        published = publish_draft(db, new.code, "1", from_day=None, now=NOW, actor=ACTOR).new()
    assert published.mandatory_minutes == 900
    assert published.published_on == NOW.date()


@pytest.mark.parametrize(
    ("identity", "fact", "is_"),
    [
        ("no-safety-rep", "mandatory_minutes", 40 * 60),
        ("no-scaffold-9", "mandatory_minutes", 30 * 60),
        ("no-scaffold-all", "mandatory_minutes", 108 * 60),
        ("eu-cpc-periodic", "mandatory_minutes", 35 * 60),
        ("no-truck", "portrait_required", True),
        ("no-truck", "birth", "date"),
        ("se-hotwork", "max_level", "B"),
        ("no-hotwork", "target_level", "C2"),
        ("no-hotwork", "max_level", "B"),
        ("se-bas", "max_level", "C1"),
        ("no-fse", "target_level", "E"),
        ("any-talk", "max_level", "F"),
    ],
)
def test_what_was_published_is_in_it(identity: str, fact: str, is_: object) -> None:
    assert getattr(catalogue_entry(identity).draft_for("sector"), fact) == is_


def test_validity_as_published() -> None:
    def of(identity: str) -> dict[str, object]:
        return catalogue_entry(identity).draft_for("sector").validity.model_dump(exclude_defaults=True)

    assert of("se-hotwork") == {"months": 60, "round_to_month_end": True}
    assert of("no-fse") == {"months": 12, "anchor": "course_last_on", "max_interval_months": 12}
    assert of("no-truck") == {"months": "no_end", "from_age": 18}
    assert of("se-welder") == {"months": 24, "lapses_after_months": 6}
    gsk = catalogue_entry("no-gsk").draft_for("sector").validity
    assert (gsk.months, gsk.round_to_month_end) == (48, True)
    assert [step.closes_months_after_end for step in gsk.refresher] == [0, 48]
    assert catalogue_entry("no-gsk").entry.as_of == date(2026, 11, 20)
