from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from levels.level import Level
from verification.certificate import Certificate, Party, did_web
from verification.claims import to_claims
from verification.envelopes.jws import encode_base64url, seal_jws
from verification.findings import Findings
from verification.judge import judge
from verification.presented import number_in, opened
from verification.qr import pack
from verification.situation import situation
from verification.verify import verify

DAY = timedelta(days=1)
FORMS = pytest.mark.parametrize("form", ["compact", "full"])


def token_of(world: ModuleType, form: str, certificate: Certificate | None = None) -> str:
    told = certificate or world.CERTIFICATE
    return str(world.qr_text(told) if form == "compact" else world.full(told))


def codes(findings: Findings) -> set[str]:
    return {finding.code for finding in findings.findings}


def headline(findings: Findings, now: datetime, name: str = "site_entry") -> str:
    return judge(findings, situation(name), now).headline


@FORMS
def test_a_good_certificate_is_valid(world: ModuleType, form: str) -> None:
    findings = verify(token_of(world, form), world.TRUST, world.NOW)
    verdict = judge(findings, situation(), world.NOW)
    assert (verdict.outcome, verdict.headline) == ("valid", "valid")
    assert findings.form == form
    assert findings.certificate is not None
    assert findings.certificate.valid_until == date(2031, 2, 28)
    assert findings.certificate.title["en"] == "Hot work"


def test_every_way_to_write_a_code_is_read(world: ModuleType) -> None:
    text = world.qr_text()
    for written in (
        text,
        text.upper(),
        text.split("#")[1],
        f"  {text}\n",
        text.encode(),
        text.replace("https", "http"),
    ):
        assert headline(verify(written, world.TRUST, world.NOW), world.NOW) == "valid", written


@pytest.mark.parametrize(
    ("form", "change", "code", "expected"),
    [
        pytest.param("compact", {"valid_until": date(2026, 11, 19)}, "expired", "expired", id="ended yesterday"),
        pytest.param("full", {"valid_until": date(2026, 11, 19)}, "expired", "expired", id="full, ended yesterday"),
        pytest.param("compact", {"valid_until": date(2026, 11, 20)}, "in_force", "valid", id="last day"),
        pytest.param("full", {"valid_from": date(2026, 11, 21)}, "not_yet_valid", "not_yet_valid", id="tomorrow"),
        pytest.param("full", {"valid_from": date(2026, 11, 20)}, "in_force", "valid", id="first day"),
        pytest.param("full", {"valid_until": None, "level": Level.E}, "in_force_no_end", "valid", id="no end"),
        pytest.param("full", {"scheme": "takarbete"}, "scheme_unknown", "unknown", id="scheme"),
        pytest.param("full", {"scheme_version": "9"}, "scheme_unknown", "unknown", id="version"),
        pytest.param("full", {"edition": "2031-01-01"}, "edition_unknown", "unknown", id="edition"),
        pytest.param(
            "full",
            {"issued_at": datetime(2025, 12, 1, tzinfo=UTC)},
            "key_not_in_use",
            "signature_invalid",
            id="before the key",
        ),
        pytest.param(
            "full",
            {"issued_at": datetime(2026, 12, 1, tzinfo=UTC)},
            "clock_behind",
            "unknown",
            id="issued in the future",
        ),
    ],
)
def test_what_the_certificate_itself_says(
    world: ModuleType, form: str, change: dict[str, Any], code: str, expected: str
) -> None:
    certificate = Certificate(**{**dict(world.CERTIFICATE), **change})
    findings = verify(token_of(world, form, certificate), world.TRUST, world.NOW)
    assert code in codes(findings)
    assert headline(findings, world.NOW) == expected


def _organisations(world: ModuleType, **change: object) -> dict[str, Any]:
    known = dict(world.TRUST.organisations)
    known["provhuset"] = known["provhuset"].model_copy(update=change)
    return known


def _mandate(world: ModuleType, **change: object) -> tuple[Any, ...]:
    return tuple(mandate.model_copy(update=change) for mandate in world.TRUST.mandates)


CASES: dict[str, tuple[Any, str, str]] = {
    "issuer gone before": (
        lambda w: {"organisations": _organisations(w, struck_off_on=date(2026, 2, 1))},
        "issuer_inactive",
        "issuer_not_authorised",
    ),
    "issuer gone since": (
        lambda w: {"organisations": _organisations(w, struck_off_on=date(2026, 9, 1))},
        "issuer_active",
        "valid",
    ),
    "issuer not known": (
        lambda w: {"organisations": {k: v for k, v in w.TRUST.organisations.items() if k != "provhuset"}},
        "issuer_unknown",
        "unknown",
    ),
    "owner not known": (
        lambda w: {"organisations": {k: v for k, v in w.TRUST.organisations.items() if k != "brandradet"}},
        "mandate_unknown",
        "unknown",
    ),
    "no mandate": (lambda _: {"mandates": ()}, "mandate_missing", "issuer_not_authorised"),
    "mandate for another version": (
        lambda w: {"mandates": _mandate(w, versions=("1",))},
        "mandate_missing",
        "issuer_not_authorised",
    ),
    "mandate began later": (
        lambda w: {"mandates": _mandate(w, since=date(2026, 3, 15))},
        "mandate_missing",
        "issuer_not_authorised",
    ),
    "mandate ended before": (
        lambda w: {"mandates": _mandate(w, until=date(2026, 2, 19))},
        "mandate_missing",
        "issuer_not_authorised",
    ),
    "mandate withdrawn before": (
        lambda w: {"mandates": _mandate(w, withdrawn_from=date(2026, 2, 20))},
        "mandate_withdrawn",
        "issuer_not_authorised",
    ),
    "mandate withdrawn since": (
        lambda w: {"mandates": _mandate(w, withdrawn_from=date(2026, 6, 1))},
        "mandate_covers",
        "valid",
    ),
    "mandate for a lower level": (
        lambda w: {"mandates": _mandate(w, max_level=Level.D)},
        "mandate_level",
        "issuer_not_authorised",
    ),
    "scheme for a lower level": (
        lambda w: {"schemes": {k: v.model_copy(update={"max_level": Level.C2}) for k, v in w.TRUST.schemes.items()}},
        "mandate_level",
        "issuer_not_authorised",
    ),
    "key retired since": (
        lambda w: {"keys": tuple(k.model_copy(update={"retired_at": w.NOW - DAY}) for k in w.TRUST.keys)},
        "key_good",
        "valid",
    ),
    "key retired before": (
        lambda w: {
            "keys": tuple(k.model_copy(update={"retired_at": datetime(2026, 2, 1, tzinfo=UTC)}) for k in w.TRUST.keys)
        },
        "key_not_in_use",
        "signature_invalid",
    ),
    "key stolen before": (
        lambda w: {
            "keys": tuple(
                k.model_copy(update={"compromised_since": datetime(2026, 2, 1, tzinfo=UTC)}) for k in w.TRUST.keys
            )
        },
        "issuer_key_compromised",
        "issuer_key_compromised",
    ),
    "key stolen since, nothing recorded": (
        lambda w: {"keys": tuple(k.model_copy(update={"compromised_since": w.NOW - DAY}) for k in w.TRUST.keys)},
        "key_time_unproven",
        "unknown",
    ),
    "no list": (lambda _: {"status_lists": {}}, "status_unknown", "unknown"),
    "knows nothing": (
        lambda _: {"organisations": {}, "schemes": {}, "mandates": (), "status_lists": {}},
        "issuer_unknown",
        "unknown",
    ),
    "not in the register": (lambda w: {"events": {w.NUMBER: ()}}, "not_registered", "unknown"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_trusted_decides(world: ModuleType, case: str) -> None:
    change, code, expected = CASES[case]
    findings = verify(world.full(), world.changed(world.TRUST, **change(world)), world.NOW)
    assert code in codes(findings)
    assert headline(findings, world.NOW) == expected


@pytest.mark.parametrize(
    ("level", "owner_is_sector_body", "mandate", "expected"),
    [
        pytest.param(Level.C1, False, None, "valid", id="an owner needs none up to C1"),
        pytest.param(Level.B, False, None, "issuer_not_authorised", id="an owner without one has no B"),
        pytest.param(Level.B, True, Level.B, "valid", id="a sector body mandates itself"),
        pytest.param(Level.B, False, Level.B, "issuer_not_authorised", id="only a sector body's mandate reaches B"),
        pytest.param(Level.B, True, None, "issuer_not_authorised", id="a sector body needs a mandate for B"),
    ],
)
def test_what_an_owner_may(
    world: ModuleType, level: Level, owner_is_sector_body: bool, mandate: Level | None, expected: str
) -> None:
    certificate = Certificate(**{**dict(world.CERTIFICATE), "level": level, "scheme_owner": world.EXAMINER})
    schemes = {k: v.model_copy(update={"owner": "provhuset"}) for k, v in world.TRUST.schemes.items()}
    trust = world.changed(
        world.TRUST,
        schemes=schemes,
        mandates=_mandate(world, max_level=mandate) if mandate else (),
        organisations=_organisations(world, sector_body=owner_is_sector_body),
    )
    assert headline(verify(world.full(certificate), trust, world.NOW), world.NOW) == expected


def test_a_mandate_younger_than_the_trust_is_not_held_against_a_certificate(world: ModuleType) -> None:
    trust = world.changed(world.TRUST, as_of=datetime(2026, 2, 1, tzinfo=UTC), mandates=())
    findings = verify(world.full(), trust, world.NOW)
    assert "mandate_unknown" in codes(findings)
    assert headline(findings, world.NOW) == "unknown"


@FORMS
@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [(1, "withdrawn", "revoked"), (2, "suspended", "suspended"), (3, "superseded", "superseded")],
)
def test_the_list_speaks(world: ModuleType, form: str, status: int, code: str, expected: str) -> None:
    findings = verify(token_of(world, form), world.with_status(status), world.NOW)
    assert code in codes(findings)
    assert headline(findings, world.NOW) == expected


ISSUED = ("issued", datetime(2026, 2, 20, 10, tzinfo=UTC), None)
MAY, JUNE, JULY = (datetime(2026, month, 1, 12, tzinfo=UTC) for month in (5, 6, 7))
HISTORIES = {
    "revoked": ([ISSUED, ("revoked", JUNE, "fraud")], None, "revoked"),
    "revoked for fraud, the day before": ([ISSUED, ("revoked", JUNE, "fraud")], date(2026, 5, 31), "unknown"),
    "revoked for error, the day before": ([ISSUED, ("revoked", JUNE, "error")], date(2026, 5, 31), "unknown"),
    "revoked at the holder's wish, the day before": (
        [ISSUED, ("revoked", JUNE, "holder_request")],
        date(2026, 5, 31),
        "valid",
    ),
    "issued late, a day before that": (
        [("issued", datetime(2026, 4, 2, tzinfo=UTC), None)],
        date(2026, 4, 1),
        "not_yet_valid",
    ),
    "issued late, that day": ([("issued", datetime(2026, 4, 2, tzinfo=UTC), None)], date(2026, 4, 2), "valid"),
    "revoked, that day": ([ISSUED, ("revoked", JUNE, "fraud")], date(2026, 6, 1), "revoked"),
    "annulled, a day before": ([ISSUED, ("annulled", JUNE, "error")], date(2026, 4, 1), "annulled"),
    "suspended": ([ISSUED, ("suspended", MAY, None)], None, "suspended"),
    "reinstated": ([ISSUED, ("suspended", MAY, None), ("reinstated", JUNE, None)], None, "valid"),
    "while suspended": ([ISSUED, ("suspended", MAY, None), ("reinstated", JUNE, None)], date(2026, 5, 15), "suspended"),
    "revoked and annulled": ([ISSUED, ("revoked", MAY, None), ("annulled", JUNE, None)], None, "annulled"),
    "never reinstated": ([ISSUED, ("revoked", MAY, None), ("reinstated", JUNE, None)], None, "revoked"),
    "superseded": ([ISSUED, ("superseded", JULY, "error")], None, "superseded"),
    "tomorrow": ([ISSUED, ("revoked", datetime(2026, 11, 21, 12, tzinfo=UTC), None)], None, "valid"),
    "before it began": ([ISSUED], date(2026, 2, 28), "not_yet_valid"),
    "on a day to come": ([ISSUED], date(2027, 1, 1), "unknown"),
    "revoked, on a day to come": ([ISSUED, ("revoked", JUNE, "fraud")], date(2027, 1, 1), "revoked"),
    "after the end": ([ISSUED], date(2031, 3, 1), "expired"),
}


@FORMS
@pytest.mark.parametrize("case", HISTORIES)
def test_the_history_speaks_for_any_day(world: ModuleType, form: str, case: str) -> None:
    events, on, expected = HISTORIES[case]
    findings = verify(token_of(world, form), world.with_history(*events), world.NOW, on)
    assert headline(findings, world.NOW) == expected


@pytest.mark.parametrize(("status", "expected"), [(0, "unknown"), (1, "unknown"), (2, "unknown"), (3, "unknown")])
def test_without_history_nobody_knows_what_was_suspended_on_a_day_that_has_passed(
    world: ModuleType, status: int, expected: str
) -> None:
    findings = verify(world.qr_text(), world.with_status(status), world.NOW, date(2026, 5, 1))
    assert headline(findings, world.NOW) == expected


def test_the_worse_of_list_and_history_counts(world: ModuleType) -> None:
    trust = world.with_history(ISSUED, trust=world.with_status(1))
    assert headline(verify(world.full(), trust, world.NOW), world.NOW) == "revoked"


@FORMS
def test_an_index_outside_the_list_is_never_valid(world: ModuleType, form: str) -> None:
    certificate = world.CERTIFICATE.model_copy(update={"status": world.StatusPlace(list=3, index=131_072)})
    findings = verify(token_of(world, form, certificate), world.TRUST, world.NOW)
    assert headline(findings, world.NOW) == "unknown"


@FORMS
def test_another_registry_s_key_is_neither_good_nor_bad(world: ModuleType, form: str) -> None:
    token = world.qr_text(key=world.STRANGER) if form == "compact" else world.full(key=world.STRANGER)
    findings = verify(token, world.TRUST, world.NOW)
    verdict = judge(findings, situation(), world.NOW)
    assert (verdict.outcome, verdict.headline) == ("undetermined", "unknown")
    assert "key_unknown" in codes(findings)
    assert findings.certificate is None


def test_a_broken_signature_of_a_known_key_is_all_that_is_told(world: ModuleType) -> None:
    forged = bytearray(world.compact())
    forged[-1] ^= 1
    for token in (pack(bytes(forged), world.PUBLIC_URL), world.full()[:-4] + "AAAA"):
        findings = verify(token, world.TRUST, world.NOW)
        assert codes(findings) == {"signature_invalid"}
        assert findings.certificate is None
        assert headline(findings, world.NOW) == "signature_invalid"


@given(bit=st.integers(0, 177 * 8 - 1))
def test_a_flipped_bit_is_never_valid(world: ModuleType, bit: int) -> None:
    data = bytearray(world.compact())
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    findings = verify(pack(bytes(data), world.PUBLIC_URL), world.TRUST, world.NOW)
    assert judge(findings, situation(), world.NOW).outcome != "valid"


@given(data=st.data())
def test_another_character_in_a_certificate_is_never_valid(world: ModuleType, data: st.DataObject) -> None:
    good = world.full()
    place = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.sampled_from("ABCdef019-_.").filter(lambda character: character != good[place]))
    findings = verify(good[:place] + other + good[place + 1 :], world.TRUST, world.NOW)
    assert judge(findings, situation(), world.NOW).outcome != "valid"


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_no_input_breaks_it(world: ModuleType, token: str | bytes) -> None:
    findings = verify(token, world.TRUST, world.NOW)
    assert headline(findings, world.NOW) == "unknown"
    assert codes(findings) in ({"unreadable"}, {"number_alone"})  # sixteen of the right characters are a number


def test_a_code_of_another_address_is_a_finding_and_the_signature_decides(world: ModuleType) -> None:
    findings = verify(pack(world.compact(), "https://evil.example"), world.TRUST, world.NOW)
    assert "address_other" in codes(findings)
    assert headline(findings, world.NOW) == "valid"


def test_a_key_signs_for_its_own_organisation_only(world: ModuleType) -> None:
    other = Certificate(**{**dict(world.CERTIFICATE), "issuer": world.TEACHER})
    kid = f"{did_web(world.PUBLIC_URL, 'provhuset')}#key-1"
    claims = to_claims(other, did_web(world.PUBLIC_URL, "norrbygg"), world.PUBLIC_URL)
    findings = verify(seal_jws(claims, typ="vc+jwt", kid=kid, sign=world.ISSUER_KEY, cty="vc"), world.TRUST, world.NOW)
    assert codes(findings) == {"key_of_other"}
    assert headline(findings, world.NOW) == "signature_invalid"
    assert findings.certificate is None


def test_an_issuer_cannot_call_itself_somebody_else(world: ModuleType) -> None:
    posing = Certificate(
        **{
            **dict(world.CERTIFICATE),
            "issuer": Party(id="provhuset", name="Brandskyddsrådet"),
            "scheme_owner": world.TEACHER,
        }
    )
    findings = verify(world.full(posing), world.TRUST, world.NOW)
    assert findings.certificate is not None
    assert findings.certificate.issuer_name == "Provhuset i Norr AB"
    assert findings.certificate.full is not None
    assert findings.certificate.full.issuer.name == "Provhuset i Norr AB"


def test_well_signed_but_not_a_certificate(world: ModuleType) -> None:
    kid = f"{did_web(world.PUBLIC_URL, 'provhuset')}#key-1"
    token = seal_jws({"hello": "world"}, typ="vc+jwt", kid=kid, sign=world.ISSUER_KEY)
    findings = verify(token, world.TRUST, world.NOW)
    assert "not_understood" in codes(findings)
    assert headline(findings, world.NOW) == "unknown"


@pytest.mark.parametrize(
    ("change", "code", "expected"),
    [
        ({"retired_at": datetime(2026, 6, 1, tzinfo=UTC)}, "key_good", "valid"),
        ({"retired_at": datetime(2026, 2, 1, tzinfo=UTC)}, "key_time_unproven", "unknown"),
        ({"compromised_since": datetime(2026, 11, 1, tzinfo=UTC)}, "key_compromised", "issuer_key_compromised"),
        ({"not_before": datetime(2026, 11, 1, tzinfo=UTC)}, "key_good", "valid"),
        ({"not_before": datetime(2026, 12, 1, tzinfo=UTC)}, "key_not_in_use", "signature_invalid"),
    ],
)
def test_the_attestation_key_has_its_time(
    world: ModuleType, change: dict[str, datetime], code: str, expected: str
) -> None:
    keys = tuple(key.model_copy(update=change) for key in world.TRUST.attestation_keys)
    findings = verify(world.qr_text(), world.changed(world.TRUST, attestation_keys=keys), world.NOW)
    assert code in codes(findings)
    assert headline(findings, world.NOW) == expected


def test_a_number_is_read_without_trusting_it(world: ModuleType) -> None:
    assert number_in(opened(world.qr_text(key=world.STRANGER))) == world.NUMBER
    assert number_in(opened(world.full())) == world.NUMBER


def test_a_wrong_party_is_not_taken_for_the_issuer(world: ModuleType) -> None:
    stranger = Party(id="okand", name="Okänd AB")
    certificate = Certificate(**{**dict(world.CERTIFICATE), "issuer": stranger})
    findings = verify(world.full(certificate), world.TRUST, world.NOW)
    assert headline(findings, world.NOW) == "unknown"
    assert encode_base64url(b"") == ""


def test_an_issuer_that_is_not_in_this_trust_is_not_known_rather_than_refused(world: ModuleType) -> None:
    stranger = Certificate(**{**dict(world.CERTIFICATE), "issuer": Party(id="okand", name="Okänd AB")})
    findings = verify(world.qr_text(stranger), world.TRUST, world.NOW)
    assert {"issuer_unknown", "mandate_unknown"} <= codes(findings)
    assert headline(findings, world.NOW) == "unknown"
