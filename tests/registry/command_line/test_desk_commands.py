"""What changes after the first day: mandates that end, parties that leave, ties that end, keys that are replaced.

Each command, how it refuses, and what it changes for whoever issues or verifies afterwards.
"""

import base64
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.registry.command_line.conftest import Bevis, ByTwo, Ended

TODAY = datetime.now(UTC).date()
YESTERDAY, LONG_AGO, LATER = TODAY - timedelta(days=1), TODAY - timedelta(days=2000), TODAY + timedelta(days=30)
NEW_PERSON = (
    "name,birth_date,email,attended_minutes,passed_all,result_recorded,enrolment_method,portrait\n"
    "Nina Åberg,1990-05-17,nina@example.org,480,yes,yes,passport,yes\n"
)


@pytest.fixture
def own(demo_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the demo registry to write into; every command of the test works on it."""
    place = Path(shutil.copytree(demo_dir, tmp_path / "own"))
    monkeypatch.setenv("BEVIS_DIR", str(place))
    return place


def check(bevis: Bevis, own: Path, verb: str = "check", *more: str) -> Ended:
    """One good row more for the hot work course, taught by byggskolan, examined and issued by provhuset."""
    roster = own.parent / "list.csv"
    roster.write_text(NEW_PERSON, encoding="utf-8")
    return bevis("batch", verb, roster, "--occasion", "hot-work-vasteras", "--json", *more)


def issued_by_two(by_two: ByTwo, own: Path) -> Ended:
    """The same row, asked for by one and approved by another."""
    roster = own.parent / "list.csv"
    roster.write_text(NEW_PERSON, encoding="utf-8")
    return by_two(roster, "--occasion", "hot-work-vasteras", "--json")


def test_a_check_says_that_it_takes_two_people(bevis: Bevis, own: Path) -> None:
    assert check(bevis, own).json()["needs_approval"]
    told = bevis("batch", "check", own.parent / "list.csv", "--occasion", "hot-work-vasteras", "--lang", "sv")
    assert "tar två personer" in " ".join(told.out.split())


@pytest.mark.parametrize("text", [NEW_PERSON.replace("passed_all", "skostorlek"), "birth_date\n1990-05-17\n", ""])
def test_of_a_list_that_could_not_be_read_nothing_is_kept(bevis: Bevis, own: Path, text: str) -> None:
    before = bevis("batch", "list", "--json").json()
    roster = own.parent / "unread.csv"
    roster.write_text(text, encoding="utf-8")
    assert bevis("batch", "issue", roster, "--occasion", "hot-work-vasteras").code == 2
    assert bevis("batch", "list", "--json").json() == before


def unmet(ended: Ended) -> set[str]:
    assert ended.code == 1
    return {row["id"] for each in ended.json()["rows"] for row in each["unmet"]}


def mandate(bevis: Bevis, scheme: str = "hot-work", issuer: str = "provhuset") -> dict[str, Any]:
    found = bevis("mandate", "list", "--json").json()
    return next(one for one in found if (one["scheme"], one["issuer"]) == (scheme, issuer))


def number(bevis: Bevis, scheme: str = "hot-work", state: str = "valid") -> str:
    found = bevis("certificate", "list", "--json").json()
    return next(str(one["number"]) for one in found if (one["scheme"], one["state"]) == (scheme, state))


def verdict(bevis: Bevis, scheme: str = "hot-work") -> tuple[int, str, set[str]]:
    """Exit code, headline, and the codes of what spoke against it."""
    ended = bevis("verify", number(bevis, scheme), "--json")
    told = ended.json()
    against = {one["code"] for one in told["reasons"] if one["outcome"] in {"failed", "could_not_check"}}
    return ended.code, told["headline"], against


def refused(ended: Ended, code: str, *parts: str) -> None:
    assert ended.code == 2, ended
    assert ended.json()["error"]["code"] == code
    for part in parts:
        assert part in " ".join(ended.err.split())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(("mandate", "withdraw", "mandate-0", "--from", TODAY, "--reason", "x"), "MandateNotFound"),
        pytest.param(("mandate", "withdraw", "mandate-0", "--from", "today", "--reason", "x"), "MalformedInput"),
        pytest.param(("mandate", "withdraw", "mandate-0", "--from", TODAY, "--reason", ""), "MalformedInput"),
        pytest.param(("mandate", "withdraw", "mandate-0", "--from", TODAY, "--reason", "a\nb"), "MalformedInput"),
        pytest.param(("mandate", "withdraw", "mandate-0", "--reason", "x"), "Usage"),
        pytest.param(("mandate", "withdraw", "mandate-0", "--from", TODAY), "Usage"),
        pytest.param(("mandate", "suspend", "mandate-0", "--from", TODAY, "--reason", "x"), "MandateNotFound"),
        pytest.param(("mandate", "suspend", "mandate-0", "--from", "2026-02-30", "--reason", "x"), "MalformedInput"),
        pytest.param(("org", "strike", "nobody", "--on", TODAY), "OrganisationNotFound"),
        pytest.param(("org", "strike", "provhuset", "--on", "20260101"), "MalformedInput"),
        pytest.param(("org", "strike", "provhuset", "--on", LONG_AGO), "OrganisationRejected"),
        pytest.param(("org", "strike", "provhuset"), "Usage"),
        pytest.param(("org", "untie", "nobody", "kranskolen", "--on", TODAY), "OrganisationNotFound"),
        pytest.param(("org", "untie", "kranskolen", "nobody", "--on", TODAY), "OrganisationNotFound"),
        pytest.param(("org", "untie", "provhuset", "kranskolen", "--on", TODAY), "TieNotFound"),
        pytest.param(("org", "untie", "fjord-holding", "kranskolen", "--on", TODAY), "TieNotFound"),
        pytest.param(
            ("org", "untie", "kranskolen", "fjord-holding", "--on", TODAY, "--kind", "control_group"), "TieNotFound"
        ),
        pytest.param(
            ("org", "untie", "kranskolen", "fjord-holding", "--on", TODAY, "--kind", "likes"), "MalformedInput"
        ),
        pytest.param(("org", "untie", "kranskolen", "fjord-holding", "--on", LONG_AGO), "OrganisationRejected"),
        pytest.param(("org", "untie", "kranskolen", "fjord-holding", "--on", "soon"), "MalformedInput"),
        pytest.param(("org", "withdraw-declaration", "7", "--on", TODAY), "MalformedInput"),
        pytest.param(
            ("org", "withdraw-declaration", "00000000-0000-7000-8000-000000000000", "--on", TODAY),
            "DeclarationNotFound",
        ),
        pytest.param(("key", "list", "nobody"), "OrganisationNotFound"),
        pytest.param(("key", "rotate", "nobody"), "OrganisationNotFound"),
        pytest.param(("key", "rotate", "person-vestli"), "NoSigningKey"),
        pytest.param(("key", "retire", "k0"), "SigningKeyNotFound"),
        pytest.param(("key", "compromised", "k0", "--since", "2026-03-01T14:00:00Z"), "SigningKeyNotFound"),
        pytest.param(("key", "compromised", "k0"), "Usage"),
    ],
)
def test_what_cannot_be_done_is_refused(bevis: Bevis, demo_dir: Path, arguments: tuple[object, ...], code: str) -> None:
    refused(bevis(*arguments, "--dir", demo_dir, "--json"), code)


# ------------------------------------------------------------------ mandates


def test_under_a_withdrawn_mandate_nothing_more_is_issued(bevis: Bevis, own: Path) -> None:
    given = mandate(bevis)
    assert check(bevis, own).code == 0
    ended = bevis("mandate", "withdraw", given["id"], "--from", TODAY, "--reason", "board, minute 14", "--json")
    assert ended.code == 0
    withdrawn = given | {"withdrawn_from": TODAY.isoformat(), "reason": "board, minute 14"}
    assert ended.json() == withdrawn | {"issued_since": 0, "mass_action": None}
    assert mandate(bevis) == withdrawn
    refused(check(bevis, own, "issue"), "IssuerNotAuthorised", "hot-work")
    # What was issued before that day keeps its cover.
    assert verdict(bevis) == (0, "valid", set())
    again = ("mandate", "withdraw", given["id"], "--reason", "again", "--json")
    refused(bevis(*again, "--from", TODAY), "MandateAlreadyWithdrawn", TODAY.isoformat())
    refused(bevis(*again, "--from", LATER), "MandateAlreadyWithdrawn")
    refused(
        bevis("mandate", "suspend", given["id"], "--from", TODAY, "--reason", "x", "--json"), "MandateAlreadyWithdrawn"
    )


def test_a_mandate_may_be_withdrawn_from_a_day_in_the_past(bevis: Bevis, own: Path) -> None:
    given = mandate(bevis)["id"]
    assert bevis("mandate", "withdraw", given, "--from", LATER, "--reason", "closing").code == 0
    assert check(bevis, own).code == 0
    assert verdict(bevis)[0] == 0
    # An earlier day is stricter, so it replaces the later one.
    assert bevis("mandate", "withdraw", given, "--from", "2020-01-01", "--reason", "never met the terms").code == 0
    refused(check(bevis, own), "IssuerNotAuthorised")
    assert verdict(bevis) == (1, "issuer_not_authorised", {"mandate_withdrawn"})


def test_a_suspended_mandate_holds_again_afterwards(bevis: Bevis, own: Path) -> None:
    given = mandate(bevis)["id"]
    suspend = ("mandate", "suspend", given, "--reason", "complaint 3", "--json", "--from", YESTERDAY)
    refused(bevis(*suspend, "--until", LONG_AGO), "MandateNotAllowed", "before it begins")
    assert bevis(*suspend, "--until", YESTERDAY).json()["suspended_until"] == YESTERDAY.isoformat()
    assert check(bevis, own).code == 0
    assert bevis(*suspend, "--until", LATER).code == 0
    refused(bevis(*suspend, "--until", TODAY), "MandateNotAllowed")
    said = f"har stoppat {given} från och med {YESTERDAY} till och med {LATER}. Be den som äger"
    refused(check(bevis, own, "check", "--lang", "sv"), "MandateSuspended", said)
    ended = bevis(*suspend)
    assert (ended.code, ended.json()["suspended_from"], ended.json()["suspended_until"]) == (
        0,
        YESTERDAY.isoformat(),
        None,
    )
    refused(check(bevis, own), "MandateSuspended", f"suspended {given} from {YESTERDAY} on, until further notice")
    assert verdict(bevis)[0] == 0
    # No suspended day is forgotten by saying less, and nobody ends it alone.
    refused(bevis(*suspend[:-1], TODAY), "MandateNotAllowed", "must have all of them")
    refused(bevis(*suspend, "--until", YESTERDAY), "MandateNotAllowed", "takes two people")
    refused(bevis("mandate", "reinstate", given, "--reason", "settled", "--json"), "NotProven")


@pytest.mark.parametrize("until", [None, "9999-12-31"])
def test_a_suspension_over_all_time_is_only_strict(bevis: Bevis, own: Path, until: str | None) -> None:
    end = ["--until", until] if until else []
    given = mandate(bevis)["id"]
    assert bevis("mandate", "suspend", given, "--from", "0001-01-01", *end, "--reason", "x").code == 0
    assert verdict(bevis) == (1, "issuer_not_authorised", {"mandate_missing"})
    refused(check(bevis, own), "MandateSuspended")


@pytest.mark.parametrize(
    ("lang", "withdrawn", "suspended"),
    [
        ("sv", "återkallat från och med", "tillfälligt stoppat"),
        ("nb", "trukket tilbake fra og med", "midlertidig stanset"),
        ("en", "is withdrawn from", "is suspended from"),
    ],
)
@pytest.mark.usefixtures("own")
def test_the_list_says_what_no_longer_holds(bevis: Bevis, lang: str, withdrawn: str, suspended: str) -> None:
    one, other = mandate(bevis)["id"], mandate(bevis, "fork-lift", "truckakademin")["id"]
    assert one in bevis("mandate", "list").out
    why = ("--reason", "x", "--lang", lang)
    assert withdrawn in " ".join(bevis("mandate", "withdraw", one, "--from", TODAY, *why).out.split())
    said = bevis("mandate", "suspend", other, "--from", TODAY, "--until", LATER, *why).out
    assert suspended in said
    assert LATER.isoformat() in said
    listed = " ".join(bevis("mandate", "list", "--lang", lang).out.split())
    assert withdrawn in listed
    assert suspended in listed


# ------------------------------------------------------------------ organisations


def test_who_is_struck_off_issues_nothing_more(bevis: Bevis, own: Path) -> None:
    ended = bevis("org", "strike", "provhuset", "--on", TODAY, "--json")
    assert (ended.code, ended.json()["struck_off_on"]) == (0, TODAY.isoformat())
    refused(check(bevis, own, "issue"), "IssuerNotAuthorised", "provhuset")
    assert verdict(bevis) == (0, "valid", set())
    for lang, says in (("sv", "avfört"), ("nb", "strøket"), ("en", "struck off")):
        assert says in bevis("org", "show", "provhuset", "--lang", lang).out
    refused(bevis("org", "strike", "provhuset", "--on", TODAY, "--json"), "OrganisationRejected", "already")
    refused(bevis("org", "strike", "provhuset", "--on", LATER, "--json"), "OrganisationRejected", "already")


def test_what_somebody_issued_after_that_day_is_red(bevis: Bevis, own: Path) -> None:
    assert bevis("org", "strike", "provhuset", "--on", LATER).code == 0
    assert check(bevis, own).code == 0
    registered = bevis("org", "show", "provhuset", "--json").json()["registered_on"]
    assert bevis("org", "strike", "provhuset", "--on", registered).code == 0
    code, headline, against = verdict(bevis)
    assert (code, headline) == (1, "issuer_not_authorised")
    assert against == {"issuer_inactive"}


def test_an_ended_tie_no_longer_binds(bevis: Bevis, own: Path) -> None:
    roster = own.parent / "stavanger.csv"
    roster.write_bytes((resources.files("registry") / "demo" / "rosters" / "rope-access-stavanger.csv").read_bytes())
    ask = ("batch", "check", roster, "--occasion", "rope-access-stavanger", "--json")
    before = bevis(*ask)
    assert unmet(before) == {"O6"}
    untie = ("org", "untie", "kranskolen", "fjord-holding", "--json")
    first = date.fromisoformat(bevis("occasion", "show", "rope-access-stavanger", "--json").json()["session"][0]["on"])
    ended = bevis(*untie, "--on", first - timedelta(days=1))
    assert ended.code == 0
    (said,) = ended.json()
    assert said["until"] == (first - timedelta(days=1)).isoformat()
    assert said in bevis("org", "show", "kranskolen", "--json").json()["ties"]
    assert bevis(*ask).code == 0
    refused(bevis(*untie, "--on", TODAY), "TieNotFound", "is open")


def test_a_tie_counts_on_its_last_day(bevis: Bevis, own: Path) -> None:
    first = bevis("occasion", "show", "rope-access-stavanger", "--json").json()["session"][0]["on"]
    said = bevis("org", "untie", "kranskolen", "fjord-holding", "--on", first, "--lang", "en").out
    assert first in said
    roster = own.parent / "stavanger.csv"
    roster.write_bytes((resources.files("registry") / "demo" / "rosters" / "rope-access-stavanger.csv").read_bytes())
    ended = bevis("batch", "check", roster, "--occasion", "rope-access-stavanger", "--json")
    assert unmet(ended) == {"O6"}


@pytest.mark.usefixtures("own")
def test_all_open_ties_of_that_kind_end_and_no_other(bevis: Bevis) -> None:
    pair = ("byggskolan", "provhuset")
    assert bevis("org", "tie", *pair, "--kind", "control_group").code == 0
    assert bevis("org", "tie", *pair, "--kind", "control_group", "--since", TODAY).code == 0
    assert bevis("org", "tie", *pair, "--share", 5).code == 0
    control = ("--kind", "control_group", "--json")
    # One of them began today: all of them end, or none.
    refused(bevis("org", "untie", *pair, *control, "--on", YESTERDAY), "OrganisationRejected", TODAY.isoformat())
    assert len(bevis("org", "untie", *reversed(pair), *control, "--on", TODAY).json()) == 2
    ties = bevis("org", "show", "byggskolan", "--json").json()["ties"]
    assert {(tie["kind"], tie["until"]) for tie in ties} == {("control_group", TODAY.isoformat()), ("owns", None)}


def test_a_withdrawn_declaration_no_longer_counts(bevis: Bevis, own: Path) -> None:
    declared = bevis("org", "show", "byggskolan", "--json").json()["declarations"]
    complete = next(one for one in declared if one["kind"] == "ties_complete")
    assert complete["withdrawn_on"] is None
    assert complete["id"] in bevis("org", "show", "byggskolan").out
    withdraw = ("org", "withdraw-declaration", complete["id"], "--json")
    refused(bevis(*withdraw, "--on", LONG_AGO), "OrganisationRejected", complete["on"])
    assert bevis(*withdraw, "--on", LATER).code == 0
    assert check(bevis, own).code == 0
    ended = bevis(*withdraw, "--on", complete["on"])
    assert ended.json() == {"organisation": "byggskolan", **complete, "withdrawn_on": complete["on"]}
    assert unmet(check(bevis, own)) == {"O16"}
    refused(bevis(*withdraw, "--on", TODAY), "OrganisationRejected", "already")
    for one, lang in zip(declared[:3], ("sv", "nb", "en"), strict=True):
        said = bevis("org", "withdraw-declaration", one["id"].replace("-", ""), "--on", TODAY, "--lang", lang)
        assert (said.code, one["kind"] in said.out) == (2, False) if one == complete else (0, True)


# ------------------------------------------------------------------ keys


def keys(bevis: Bevis, *whose: str) -> list[dict[str, Any]]:
    ended = bevis("key", "list", *whose, "--json")
    assert ended.code == 0
    return list(ended.json())


def test_keys_are_listed(bevis: Bevis, demo_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEVIS_DIR", str(demo_dir))
    (key,) = keys(bevis, "provhuset")
    assert set(key) == {
        "kid",
        "purpose",
        "organisation",
        "algorithm",
        "not_before",
        "not_after",
        "retired_at",
        "compromised_since",
        "held_by_owner",
    }
    assert {one["purpose"] for one in keys(bevis)} == {"attestation", "log", "root", "status"}
    for lang in ("sv", "nb", "en"):
        shown = bevis("key", "list", "--lang", lang).out
        assert all(one["kid"] in shown for one in keys(bevis))
        assert max(map(len, shown.splitlines())) <= 80


def test_a_new_key_signs_and_the_old_one_stays_good(bevis: Bevis, by_two: ByTwo, own: Path) -> None:
    (old,) = keys(bevis, "provhuset")
    ended = bevis("key", "rotate", "provhuset", "--json")
    assert ended.code == 0
    new, former = keys(bevis, "provhuset")
    assert new == ended.json()
    assert (new["retired_at"], former["kid"]) == (None, old["kid"])
    assert former["retired_at"]
    assert verdict(bevis) == (0, "valid", set())
    issued = issued_by_two(by_two, own)
    assert issued.code == 0
    signed = bevis("certificate", "export", issued.json()["rows"][0]["number"], "-o", own.parent / "new.jwt")
    assert signed.code == 0
    assert bevis("verify", own.parent / "new.jwt").code == 0
    assert bevis("key", "rotate", "provhuset", "--lang", "sv").out.startswith("provhuset undertecknar nu med k")
    assert len(keys(bevis, "provhuset")) == 3


def test_an_organisation_may_sign_with_es256(bevis: Bevis, by_two: ByTwo, own: Path) -> None:
    before = verdict(bevis)
    rotated = bevis("key", "rotate", "provhuset", "--alg", "ES256", "--json")
    assert (rotated.code, rotated.json()["algorithm"]) == (0, "ES256")
    assert "(ES256)" in bevis("key", "list", "provhuset").out
    issued = issued_by_two(by_two, own)
    assert issued.code == 0, issued.out
    number = issued.json()["rows"][0]["number"]
    assert bevis("certificate", "export", number, "-o", own.parent / "new.jwt").code == 0
    header = (own.parent / "new.jwt").read_text("utf-8").split(".")[0]
    assert json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["alg"] == "ES256"
    for shown in (number, own.parent / "new.jwt"):
        assert bevis("verify", shown).code == 0
    # Without the registry, from a trust file that holds keys of both kinds.
    assert bevis("trust", "export", own.parent / "trust.json").code == 0
    assert bevis("verify", own.parent / "new.jwt", "--trust", own.parent / "trust.json").code == 0
    assert bevis("doctor").code == 0
    assert verdict(bevis) == before
    assert bevis("key", "rotate", "provhuset", "--json").json()["algorithm"] == "EdDSA"
    assert bevis("verify", number).code == 0
    assert bevis("key", "rotate", "provhuset", "--alg", "RS256").code == 2


def test_without_a_key_nothing_is_issued(bevis: Bevis, by_two: ByTwo, own: Path) -> None:
    kid = keys(bevis, "provhuset")[0]["kid"]
    # Who has nothing left to sign with is told what to do.
    assert "bevis key rotate provhuset" in " ".join(bevis("key", "retire", kid).out.split())
    retired = keys(bevis, "provhuset")[0]["retired_at"]
    again = bevis("key", "retire", kid, "--json")
    assert (again.code, again.json()["retired_at"]) == (0, retired)
    assert unmet(check(bevis, own, "issue")) == {"O2"}
    assert verdict(bevis) == (0, "valid", set())
    assert bevis("key", "rotate", "provhuset").code == 0
    assert issued_by_two(by_two, own).code == 0
    assert "rotate" not in bevis("key", "retire", kid).out


def test_the_registry_renews_its_own_keys(bevis: Bevis, by_two: ByTwo, own: Path) -> None:
    kid = next(one["kid"] for one in keys(bevis) if one["purpose"] == "attestation")
    assert "rotate" not in bevis("key", "retire", kid).out
    assert issued_by_two(by_two, own).code == 0
    assert keys(bevis)[0]["kid"] != kid


def test_what_a_leaked_key_signed_since_counts_no_more(bevis: Bevis, by_two: ByTwo, own: Path) -> None:
    kid = keys(bevis, "provhuset")[0]["kid"]
    # provhuset issued rope access 30 days ago and hot work 18 days ago.
    since = datetime.now(UTC) - timedelta(days=24)
    leaked = ("key", "compromised", kid, "--json", "--since")
    ended = bevis(*leaked, since.strftime("%Y-%m-%dT%H:%M:%S+00:00"))
    assert (ended.code, ended.json()["kid"]) == (0, kid)
    code, headline, against = verdict(bevis)
    assert (code, headline, against) == (1, "issuer_key_compromised", {"issuer_key_compromised"})
    assert verdict(bevis, "rope-access") == (0, "valid", set())
    document = own.parent / "document.jwt"
    assert bevis("certificate", "export", number(bevis), "-o", document).code == 0
    told = bevis("verify", document, "--json")
    assert (told.code, told.json()["headline"]) == (1, "issuer_key_compromised")
    # The code is signed by the registry, and no better than what stands behind it.
    code_text = bevis("certificate", "qr", number(bevis), "--json").json()["qr_text"]
    scanned = bevis("verify", code_text, "--json")
    assert (scanned.code, scanned.json()["headline"]) == (1, "issuer_key_compromised")
    assert unmet(check(bevis, own, "issue")) == {"O2"}

    # A later moment changes nothing, an earlier one takes more with it.
    recorded = ended.json()["compromised_since"]
    assert bevis(*leaked, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")).json()["compromised_since"] == recorded
    offset = (since - timedelta(days=20)).strftime("%Y-%m-%dt%H:%M:%S.5-02:00")
    assert bevis(*leaked, offset).json()["compromised_since"] < recorded
    assert verdict(bevis, "rope-access")[:2] == (1, "issuer_key_compromised")

    assert bevis("key", "rotate", "provhuset").code == 0
    issued = issued_by_two(by_two, own)
    assert issued.code == 0
    assert bevis("verify", issued.json()["rows"][0]["number"]).code == 0
    said = bevis("key", "compromised", kid, "--since", recorded, "--lang", "nb").out
    assert kid in said
    assert "rotate" not in said


@pytest.mark.parametrize(
    "since",
    [
        "2026-03-01",
        "2026-03-01T14:00:00",
        "2026-03-01T14:00Z",
        "2026-02-30T14:00:00Z",
        "20260301T140000Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2026-03-01T14:00:00+25:00",
        "1999-01-01T00:00:00Z",  # before there was a key
        f"{LATER}T00:00:00Z",
        "yesterday",
        "",
    ],
)
def test_a_moment_is_read_strictly(bevis: Bevis, demo_dir: Path, since: str) -> None:
    kid = bevis("key", "list", "provhuset", "--dir", demo_dir, "--json").json()[0]["kid"]
    ended = bevis("key", "compromised", kid, "--since", since, "--dir", demo_dir, "--json")
    refused(ended, "MalformedInput", "--since")


def test_a_scheme_that_accepts_another_s_certificates(bevis: Bevis, own: Path) -> None:  # noqa: ARG001 its own registry
    """The demo's fall protection accepts rope access; what it does not ask for itself is a matter of its owner."""
    (there,) = bevis("recognition", "list", "--scheme", "rope-access", "--json").json()
    assert (there["scheme"], there["accepts"], there["min_level"]) == ("fall-protection", "rope-access", "D")
    words = ("--condition-sv", "Sedd.", "--condition-nb", "Sett.", "--condition-en", "Seen.")
    terms = ("--issued-until", "2023-06-30", "--until", "2028-06-30", "--map", "T1=T2", "--class", "T1", *words)
    grant = ("recognition", "grant", "fork-lift", "hot-work")
    refused(bevis(*grant, "--map", "T1", "--json"), "MalformedInput", "--map")
    refused(bevis(*grant, *terms, "--json"), "RecognitionNotAllowed", "hot-work has no class T1")
    refused(bevis(*grant, "--condition-en", "Seen.", "--json"), "MalformedInput", "condition")
    made = bevis(*grant, "--version", "3", "--issued-until", "2023-06-30", *words, "--lang", "en")
    assert made.code == 0, made.err
    says = " ".join(made.out.split())
    assert says.startswith("fork-lift accepts certificates of hot-work as equal (recognition-")
    which = says.rpartition("(")[2].rstrip(").")
    told = " ".join(bevis("recognition", "show", which, "--lang", "en").out.split())
    assert "Issued: – 2023-06-30" in told
    assert "Versions: 3" in told
    assert "Condition that a person has to check: Seen." in told
    end = ("recognition", "withdraw", which, "--from", TODAY, "--reason", "minute 9")
    assert f"from {TODAY}" in bevis(*end, "--lang", "en").out
    refused(bevis(*end, "--json"), "RecognitionAlreadyWithdrawn")
    kinds = [one["kind"] for one in bevis("recognition", "show", which, "--json").json()["events"]]
    assert kinds == ["granted", "withdrawn"]
    assert [one["id"] for one in bevis("recognition", "list", "--on", TODAY, "--json").json()] == [there["id"]]
    assert which in bevis("recognition", "list").out


@pytest.mark.usefixtures("own")
def test_an_issuer_closes_and_the_registry_renews_its_own_keys(bevis: Bevis) -> None:
    kid = next(key["kid"] for key in keys(bevis) if key["purpose"] == "attestation")
    coming = bevis("key", "renew", "attestation", "--json")
    assert coming.code == 0, coming.err
    assert coming.json()["not_before"][:10] == (TODAY + timedelta(days=7)).isoformat()
    assert bevis("key", "renew", "root").code == 2
    since = datetime.now(UTC).isoformat(timespec="seconds")
    assert bevis("key", "compromised", kid, "--since", since).code == 0
    signing = [key for key in keys(bevis) if key["purpose"] == "attestation" and key["not_before"] < f"{LATER}"]
    assert {key["kid"] for key in signing} > {kid}
    ended = bevis("org", "close", "provhuset", "--on", TODAY.isoformat(), "--json")
    assert (ended.code, ended.json()["closed_on"]) == (0, TODAY.isoformat())
    assert bevis("org", "close", "provhuset", "--on", TODAY.isoformat()).code == 2
    assert all(key["retired_at"] for key in keys(bevis, "provhuset"))
    # Nobody is told to give it a new key.
    own = keys(bevis, "provhuset")[0]
    stolen = bevis("key", "compromised", own["kid"], "--since", datetime.now(UTC).isoformat(timespec="seconds"))
    assert (stolen.code, "key rotate" in stolen.out) == (0, False)
    code, headline, _ = verdict(bevis)
    assert (code, headline) == (0, "valid")
    assert "closed on" in bevis("verify", number(bevis), "--lang", "en").out
