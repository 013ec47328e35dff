import subprocess
import sys
from datetime import date, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levels.level import Level
from verification.answer import answer
from verification.ask import ask_by_number
from verification.certificate import Certificate
from verification.envelopes.cwt import compact_token, seal_cwt
from verification.findings import Findings
from verification.judge import judge
from verification.qr import pack
from verification.situation import NoSuchSituation, Situation, situation, situations
from verification.verify import verify

LANGS = ("sv", "nb", "en")


def token_of(world: ModuleType, form: str, certificate: Certificate | None = None) -> str:
    told = certificate or world.CERTIFICATE
    return str(world.qr_text(told) if form == "compact" else world.full(told))


def headline(findings: Findings, now: datetime, name: str = "site_entry") -> str:
    return judge(findings, situation(name), now).headline


@given(hours=st.integers(0, 24 * 400), name=st.sampled_from(sorted(set(situations()) - {"organisation"})))
def test_stale_trust_never_says_valid(world: ModuleType, hours: int, name: str) -> None:
    later = world.TRUST.as_of + timedelta(hours=hours, seconds=1)
    needed = situation(name)
    verdict = judge(verify(world.full(), world.TRUST, later), needed, later)
    if hours < needed.soft_limit_hours:
        assert verdict.headline == "valid"
    elif hours < needed.hard_limit_hours:
        assert (verdict.outcome, verdict.headline) == ("undetermined", "valid_stale")
    else:
        assert (verdict.outcome, verdict.headline) == ("undetermined", "unknown")


def test_an_old_list_makes_the_answer_old_and_a_clock_behind_says_nothing(world: ModuleType) -> None:
    old = {3: world.KnownList(statuses=world.status_list({}), issued_at=world.NOW - timedelta(days=9))}
    findings = verify(world.qr_text(), world.changed(world.TRUST, status_lists=old), world.NOW)
    assert headline(findings, world.NOW) == "unknown"
    before = world.TRUST.as_of - timedelta(hours=1)
    assert headline(verify(world.qr_text(), world.TRUST, before), before) == "unknown"


@pytest.mark.parametrize(
    ("level", "party", "form", "needed", "expected"),
    [
        (Level.C1, "third", "full", Level.C2, "valid"),
        (Level.D, None, "full", Level.C2, "not_sufficient"),
        (Level.B, "third", "full", Level.C1, "valid"),
        (Level.B, "second", "full", Level.C1, "not_sufficient"),
        (Level.B, "third", "compact", Level.C1, "unknown"),
        (Level.C1, "third", "compact", Level.C1, "valid"),
        (Level.E, None, "compact", Level.D, "not_sufficient"),
    ],
)
def test_a_situation_may_ask_for_a_level(
    world: ModuleType, level: Level, party: str | None, form: str, needed: Level, expected: str
) -> None:
    certificate = Certificate(**{**dict(world.CERTIFICATE), "level": level, "party": party})
    findings = verify(token_of(world, form, certificate), world.TRUST, world.NOW)
    asked = Situation(id="site_entry", title={}, level=needed, soft_limit_hours=24, hard_limit_hours=24)
    assert judge(findings, asked, world.NOW).headline == expected


@pytest.mark.parametrize(
    ("form", "facts", "expected"),
    [
        ("full", {"identity": 2}, "valid"),
        ("full", {"identity": 3}, "not_sufficient"),
        ("compact", {"identity": 2}, "unknown"),
        ("full", {"third_party": True}, "valid"),
    ],
)
def test_a_situation_may_ask_for_facts(world: ModuleType, form: str, facts: dict[str, Any], expected: str) -> None:
    asked = Situation(id="site_entry", title={}, soft_limit_hours=24, hard_limit_hours=24, **facts)
    findings = verify(token_of(world, form), world.TRUST, world.NOW)
    assert judge(findings, asked, world.NOW).headline == expected


def test_an_unknown_situation_lists_the_known() -> None:
    with pytest.raises(NoSuchSituation, match="site_entry, hot_work_permit, hiring, audit"):
        situation("party")


@pytest.mark.parametrize("lang", LANGS)
def test_the_answer_has_one_shape(world: ModuleType, lang: str) -> None:
    verdict = judge(verify(world.qr_text(), world.TRUST, world.NOW), situation(), world.NOW)
    told = answer(verdict, lang)
    assert told["headline"] == "valid"
    assert told["certificate"]["birth"] == "1987"
    assert told["certificate"]["level_name"]
    assert told["certificate"]["number"].count("-") == 3
    assert answer(verdict, lang, show_birth=False)["certificate"]["birth"] is None
    assert (told["checked_at"], told["known_as_of"]) == ("2026-11-20T15:25:00Z", "2026-11-20T15:13:00Z")
    lost = answer(ask_by_number(world.FakeSource(), "7Q4M-2XKD", situation()), lang)
    assert (lost["outcome"], lost["headline"], lost["certificate"]) == ("undetermined", "unknown", None)


def test_the_failing_reason_comes_first(world: ModuleType) -> None:
    expired = Certificate(**{**dict(world.CERTIFICATE), "valid_until": date(2026, 10, 1)})
    verdict = judge(verify(world.qr_text(expired), world.with_status(1), world.NOW), situation(), world.NOW)
    assert [finding.code for finding in verdict.reasons[:2]] == ["withdrawn", "expired"]
    assert verdict.headline == "revoked"


def test_a_token_with_a_name_of_somebody_else_s_script_stays_a_name(world: ModuleType) -> None:
    token = compact_token(world.CERTIFICATE)._replace(holder_name="<script>alert(1)</script>")
    text = pack(seal_cwt(token, bytes.fromhex("0a0b0c0d"), world.ATTESTATION), world.PUBLIC_URL)
    verdict = judge(verify(text, world.TRUST, world.NOW), situation(), world.NOW)
    assert answer(verdict, "sv")["certificate"]["holder"] == "<script>alert(1)</script>"


def test_verification_runs_without_a_web_framework() -> None:
    program = (
        "import sys\n"
        "for name in ('fastapi', 'starlette', 'uvicorn', 'jinja2', 'sqlmodel'): sys.modules[name] = None\n"
        "import verification.judge, verification.trust, verification.status_list, verification.qr\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)
