"""Audits, quality certificates, follow-ups and accreditations by whoever holds its key itself: as with a hosted key."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from registry.errors import (
    AccreditationStep,
    BatchChanged,
    ChangeNotAllowed,
    KeyHeldElsewhere,
    KeySignsNoMore,
    NothingToSign,
    OrganisationRejected,
    SignatureRejected,
    SigningOutdated,
)
from registry.issuing.organisations import accredit
from registry.issuing.organisations.certify import Office
from registry.issuing.organisations.stated_elsewhere import (
    follow_up_elsewhere,
    issuer_of_statement,
    keep_statement,
    state_elsewhere,
)
from registry.issuing.organisations.statements import (
    FollowUp,
    NewAudit,
    NewQualityCertificate,
    Suspending,
    follow_up,
    state,
    suspend,
)
from registry.records.parties.closing import close_organisation
from registry.records.parties.organisation_certificates import courses, organisation_certificate
from registry.records.parties.organisations import organisation_by_slug
from registry.records.parties.signing_keys import mark_compromised
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from registry.signing.private_keys import KeySigner, new_signer
from registry.signing.signing_request import Signed, SigningRequest, sign_all, understood
from registry.web.source import RegistrySource
from tests.registry.conftest import ACTOR, NOW, ON_SQLITE, PUBLIC_URL
from tests.registry.issuing.organisations.test_accredit import applied, decided, office, proposed
from tests.registry.issuing.organisations.test_statements import AUDIT, QUALITY
from verification.ask import ask
from verification.situation import situation

__all__ = ["office"]
pytestmark = ON_SQLITE
HOUR = timedelta(hours=1)
CLOSED = {"closed": [{"ref": "A-1", "closed_on": "2026-01-10"}], "conforms": True}


class Way(NamedTuple):
    """One kind of certificate: issued here, handed out, and kept with what came back; each gives its number."""

    here: Callable[[Database, Office], object]
    handed_out: Callable[[Database, Office, datetime], SigningRequest]
    kept: Callable[[Database, Office, SigningRequest, Signed, datetime], str]


@pytest.fixture
def own(registry: Registry, office: Office) -> KeySigner:
    """The auditor's, on its own machine, once what it had here has signed an audit and decided on an application."""
    signer = new_signer("own", "ES256")
    with registry.writing() as db:
        IDS["audit"] = state(db, office, parse(AUDIT, NewAudit), NOW, ACTOR).number
        IDS["accreditation"] = applied(db)
        decided(db, proposed(db, IDS["accreditation"]))
        office.keyring.keep_organisation_key(db, "auditor", signer.public(), NOW, ACTOR)
    return signer


IDS: dict[str, str] = {}


def kept_statement(db: Database, office: Office, asked: SigningRequest, back: Signed, at: datetime) -> str:
    return keep_statement(db, office, asked.batch, back, at, ACTOR).number


def kept_accreditation(db: Database, office: Office, _: SigningRequest, back: Signed, at: datetime) -> str:
    return str(accredit.keep_accreditation(db, office, IDS["accreditation"], back, at, "rut").certificate)


NEW_AUDIT = AUDIT | {"extent": "surveillance"}
WAYS: Mapping[str, Way] = {
    "audit": Way(
        lambda db, office: state(db, office, parse(NEW_AUDIT, NewAudit), NOW, ACTOR),
        lambda db, office, at: state_elsewhere(db, office, parse(NEW_AUDIT, NewAudit), at),
        kept_statement,
    ),
    "quality certificate": Way(
        lambda db, office: state(db, office, parse(QUALITY, NewQualityCertificate), NOW, ACTOR),
        lambda db, office, at: state_elsewhere(db, office, parse(QUALITY, NewQualityCertificate), at),
        kept_statement,
    ),
    "follow-up": Way(
        lambda db, office: follow_up(db, office, IDS["audit"], parse(CLOSED, FollowUp), NOW, ACTOR),
        lambda db, office, at: follow_up_elsewhere(db, office, IDS["audit"], parse(CLOSED, FollowUp), at),
        kept_statement,
    ),
    "accreditation": Way(
        lambda db, office: accredit.issue_accreditation(db, office, IDS["accreditation"], NOW, "rut"),
        lambda db, office, at: accredit.accreditation_to_sign(db, office, IDS["accreditation"], at),
        kept_accreditation,
    ),
}


def signed(asked: SigningRequest, signer: KeySigner, by: KeySigner | None = None) -> Signed:
    return sign_all(asked, understood(asked, signer.public()), by or signer)


def headline(registry: Registry, number: str, at: datetime) -> str:
    source = RegistrySource(registry, PUBLIC_URL, lambda: at)
    try:
        return ask(source, number, situation("organisation")).verdict.headline
    finally:
        source.close()


@pytest.mark.parametrize("kind", WAYS)
def test_it_is_signed_elsewhere_and_is_as_good(kind: str, registry: Registry, office: Office, own: KeySigner) -> None:
    way, later = WAYS[kind], NOW + 3 * HOUR
    with registry.writing() as db:
        with pytest.raises(KeyHeldElsewhere):
            way.here(db, office)
        asked = way.handed_out(db, office, NOW)
        assert way.handed_out(db, office, later) == asked, "the same again is the same, while it holds"
    back, thief = signed(asked, own), new_signer("own", "ES256")
    wrong: list[tuple[Any, datetime, type[Exception]]] = [
        (signed(asked, own, by=thief), later, SignatureRejected),
        (back.model_copy(update={"batch": "0" * 16}), later, SignatureRejected),
        (back.model_copy(update={"kid": "k0"}), later, SignatureRejected),
        (back.model_copy(update={"digest": "0" * 64}), later, SigningOutdated),
        (back, NOW + 25 * HOUR, SigningOutdated),
    ]
    for given, at, refusal in wrong:
        with registry.writing() as db, pytest.raises(refusal):
            way.kept(db, office, asked, given, at)
    with registry.writing() as db:
        number = way.kept(db, office, asked, back, later)
        assert way.kept(db, office, asked, back, later) == number, "twice is once"
        row = organisation_certificate(db, number)
        assert (row.number, row.issuer, row.kid) == (asked.to_sign[0].number, "auditor", asked.kid)
        assert row.issued_at == NOW.replace(microsecond=0)
        if kind == "follow-up":
            former = organisation_certificate(db, IDS["audit"])
            assert courses(db, [former])[former.number].ends["superseded"].successor == number
        else:
            assert issuer_of_statement(db, number) == "auditor"
        with pytest.raises((NothingToSign, SignatureRejected)):
            way.kept(db, office, asked, signed(asked, own, by=thief), later)
    assert headline(registry, number, later) == "valid"
    if kind == "accreditation":
        with registry.writing() as db:
            assert accredit.published(db, accredit.accreditation_by_id(db, IDS[kind]), later).standing == "in_force"


@pytest.mark.parametrize("kind", WAYS)
def test_what_was_not_signed_in_time_is_written_anew(
    kind: str, registry: Registry, office: Office, own: KeySigner
) -> None:
    way, later = WAYS[kind], NOW + 30 * HOUR
    with registry.writing() as db:
        first, second = way.handed_out(db, office, NOW), way.handed_out(db, office, later)
        assert first.to_sign[0].number != second.to_sign[0].number
        number = way.kept(db, office, second, signed(second, own), later)
    assert headline(registry, number, later) == "valid"


@pytest.mark.parametrize("kind", WAYS)
def test_a_key_that_was_stolen_meanwhile_signs_nothing(
    kind: str, registry: Registry, office: Office, own: KeySigner
) -> None:
    way = WAYS[kind]
    with registry.writing() as db:
        asked = way.handed_out(db, office, NOW)
        mark_compromised(db, asked.kid, NOW, ACTOR, now=NOW + HOUR)
        with pytest.raises(KeySignsNoMore):
            way.kept(db, office, asked, signed(asked, own), NOW + HOUR)


@pytest.mark.parametrize("kind", WAYS)
def test_what_would_be_written_otherwise_by_now_is_written_anew(
    kind: str, registry: Registry, office: Office, own: KeySigner
) -> None:
    way, later = WAYS[kind], NOW + HOUR
    with registry.writing() as db:
        asked = way.handed_out(db, office, NOW)
        organisation_by_slug(db, "issuer").name = "Another name"
    with registry.writing() as db, pytest.raises(BatchChanged):
        way.kept(db, office, asked, signed(asked, own), later)
    with registry.writing() as db:
        again = way.handed_out(db, office, later)
        assert again.to_sign[0].number != asked.to_sign[0].number
        number = way.kept(db, office, again, signed(again, own), later)
        assert organisation_certificate(db, number).says().holder.name == "Another name"


def test_what_became_otherwise_meanwhile_is_not_kept(registry: Registry, office: Office, own: KeySigner) -> None:
    later = NOW + HOUR
    asked: dict[str, SigningRequest] = {}
    with registry.writing() as db:
        for kind, way in WAYS.items():
            asked[kind] = way.handed_out(db, office, NOW)
        why = {"from_day": str(NOW.date()), "reason": "wrong"}
        suspend(db, IDS["audit"], parse(why, Suspending), NOW, ACTOR)
    with registry.writing() as db, pytest.raises(ChangeNotAllowed):
        WAYS["follow-up"].kept(db, office, asked["follow-up"], signed(asked["follow-up"], own), later)
    # The body let the registry hold a key again, and was quicker.
    with registry.writing() as db:
        office.keyring.create_organisation_key(db, "auditor", later, ACTOR, overlap=2 * HOUR)
        accredit.issue_accreditation(db, office, IDS["accreditation"], later, "rut")
        with pytest.raises(NothingToSign):
            state_elsewhere(db, office, parse(NEW_AUDIT, NewAudit), later)
    with registry.writing() as db, pytest.raises(AccreditationStep):
        WAYS["accreditation"].kept(db, office, asked["accreditation"], signed(asked["accreditation"], own), later)
    with registry.writing() as db:
        close_organisation(db, "issuer", NOW.date(), later, ACTOR)
    for kind in ("audit", "quality certificate"):
        with registry.writing() as db, pytest.raises(OrganisationRejected):
            WAYS[kind].kept(db, office, asked[kind], signed(asked[kind], own), later)
