"""Correcting a certificate: another that says it right comes in its place, by two people, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from levels.level import Level
from registry.errors import AlreadySuspended, AnotherPerson, MalformedInput, TookPart
from registry.issuing.changes.allowed import check_change
from registry.issuing.changes.correction import (
    INSTEAD,
    Correction,
    Identity,
    changes_between,
    check_same_person,
    corrected_row,
)
from registry.issuing.decisions.approving import check_apart
from registry.issuing.decisions.decide import Decided, Decider
from registry.issuing.decisions.desk import Desk, OfPeople
from registry.issuing.decisions.renew import Held
from registry.issuing.decisions.statement import span_of
from registry.issuing.decisions.wish import Wish
from registry.issuing.lists.kept_row import kept_form, row_of
from registry.issuing.lists.roster_row import RosterRow, fault
from registry.issuing.people.person_input import PersonGiven
from registry.issuing.pressing.press import Signers
from registry.issuing.pressing.sign import Signed, sign
from registry.issuing.sittings.participation import NOTHING_SHOWN, Participation
from registry.records.actors.access import Actor
from registry.records.actors.accounts import account_by_slug
from registry.records.actors.approvals import Approval, request_approval, require_approval
from registry.records.issued.certificates import (
    IssuedCertificate,
    append_event,
    certificate_by_number,
    certificates_to_change,
    evidence_behind,
    history,
    keep_issued,
    make_way,
    reserve_places,
)
from registry.records.issued.corrections import CertificateCorrection, correction_of, line_of, row_behind
from registry.records.mandates.mandate_authority import mandate_in_force
from registry.records.persons.people import (
    Changes,
    Person,
    change_person,
    name_key,
    people_by_id,
    people_called,
    standing_ids,
)
from registry.records.sittings.occasions import STATABLE_FACTS, Occasion, occasion_of, what_is_wrong
from registry.records.store.database import Database
from registry.records.strict_input import parse
from registry.signing.keys import Keyring
from registry.signing.published import as_signed, build_trust
from verification.certificate import day_at, display_number

KIND = "correction"  # of approval
REASON = "error"


@dataclass(frozen=True)
class Plan:
    """What would come of a correction.

    person   the record that stands for whom the certificate is about
    changes  each fact that differs: [as it is, as it would be]
    content  what the second person decides on
    """

    former: IssuedCertificate
    person: Person
    row: RosterRow
    decided: Decided
    desk: Desk
    changes: Mapping[str, list[Any]]
    content: Mapping[str, object]


def plan_correction(db: Database, number: str, correction: Correction, *, note: str, now: datetime) -> Plan:
    """What the corrected certificate would say. Stores nothing; the certificate is not changed by others meanwhile.

    Raises CertificateNotFound, AlreadyRevoked, AlreadySuspended, RecordDamaged, AnotherPerson, NothingToCorrect,
    MalformedInput for what cannot be stated or issued, and what keeps the issuer from issuing today.
    """
    former = certificates_to_change(db, number)[number]
    if former.state == "suspended":
        raise AlreadySuspended(
            f"{display_number(number)} is suspended; a correction would let it hold again. Reinstate it first, or "
            "annul it"
        )
    check_change(former.state, "superseded", number)
    said = as_signed(db, former)
    line = line_of(db, former)
    rows = [_row(db, each) for each in line]
    row = corrected_row(rows[0], _checked(correction, now, said.time_zone))
    person = _person(db, former)
    _check_person(db, number, person, rows, row)
    desk = Desk(db, _occasion(db, former, correction.version), now)
    wish = Wish(asked=Level(former.level), issue_at_attained=True)
    renewed = _renewed(desk, person, said.renews)
    known = OfPeople(
        held={person.id: renewed},
        before=None,
        portraits=desk.with_portrait({person.id}),
        taught=desk.last_taught({person.id}, [row]),
    )
    decider = Decider(desk, wish, known)
    decision = decider.decide(row, person, _shown(desk, [row, *rows]))
    if decision.decided is None:
        raise MalformedInput([(each.column or "", each.says["en"]) for each in decision.faults])
    decided, ground = decision.decided, desk.ground(row)
    # A correction lends no time: where the end is counted from the day of issue, that is the day of the first one.
    previous = renewed[0].previous() if renewed else None
    first, last = span_of(ground, decided.candidate, decided.shared.level, line[-1].issued_at, previous)
    if last is not None and last < max(desk.today, first):
        raise MalformedInput([("", fault("would_have_expired", until=last.isoformat()).says["en"])])
    lineage = {"corrects": number, "renews": said.renews, "valid_from": first, "valid_until": last}
    draft = decided.draft.model_copy(update=lineage)
    changes = changes_between(said, draft)
    content = {
        "certificate": display_number(number),
        "scheme": former.scheme,
        "occasion": desk.record.public_id,
        "events": len(history(db, former)),
        "asked": correction.model_dump(mode="json", exclude_defaults=True),
        "changes": changes,
        "reason": REASON,
        "note": note,
    }
    return Plan(former, person, row, replace(decided, shared=draft, renews=said.renews), desk, changes, content)


def ask_to_correct(  # noqa: PLR0913 which, how, why, when, who
    db: Database, number: str, correction: Correction, *, note: str, actor: Actor, now: datetime
) -> Approval:
    """Ask somebody else to correct it so. Raises what `plan_correction` raises, TookPart, NotProven, NotAllowed."""
    plan = plan_correction(db, number, correction, note=note, now=now)
    _check_not_the_holder(db, plan, actor.account)
    return request_approval(
        db, kind=KIND, subject=number, organisation=plan.former.issuer, content=plan.content, actor=actor, now=now
    )


def correct(  # noqa: PLR0913 which, how, why, when, who
    db: Database,
    keyring: Keyring,
    public_url: str,
    number: str,
    correction: Correction,
    *,
    note: str,
    actor: str,
    now: datetime,
) -> IssuedCertificate:
    """Issue the corrected certificate, and let it come in the place of the one that was wrong. Returns the new one.

    The same correction again changes nothing, and returns what came of it.

    Raises what `plan_correction` raises, ApprovalNeeded, TookPart, NoSigningKey, and OwnProofFailed: then the caller
    must not commit.
    """
    done = correction_of(db, number)
    if done is not None and (done.asked, done.note) == (
        correction.model_dump(mode="json", exclude_defaults=True),
        note,
    ):
        return certificate_by_number(db, done.number)
    plan = plan_correction(db, number, correction, note=note, now=now)
    approval = approval_for(db, plan, now)
    (signed,) = _signed(db, keyring, public_url, plan, actor, now)
    return carried_out(db, plan, approval, signed, correction, note=note, actor=actor, now=now)


def approval_for(db: Database, plan: Plan, now: datetime) -> Approval:
    """The decision of somebody else about exactly this, with today's mandate. Raises ApprovalNeeded, TookPart."""
    desk = plan.desk
    approval = require_approval(db, kind=KIND, subject=plan.former.number, content=plan.content, now=now)
    for account in (approval.requested_by, str(approval.decided_by)):
        _check_not_the_holder(db, plan, account)
    check_apart(db, desk.record, str(approval.decided_by))
    today = day_at(now, desk.scheme.time_zone)
    mandate_in_force(db, desk.occasion.issuer, desk.scheme.code, desk.scheme.version, today)
    return approval


def carried_out(  # noqa: PLR0913 what was planned, signed and decided, by whom
    db: Database,
    plan: Plan,
    approval: Approval,
    signed: Signed,
    correction: Correction,
    *,
    note: str,
    actor: str,
    now: datetime,
) -> IssuedCertificate:
    """Keep the corrected certificate in the place of the one that was wrong."""
    number, former = plan.former.number, plan.former
    make_way(db, former)
    shared = {"person_id": former.person_id, "occasion_id": former.occasion_id, "batch_id": former.batch_id}
    keep_issued(db, [{**signed.columns, **shared}], actor, approval.public_id, at=now.replace(microsecond=0))
    new = certificate_by_number(db, signed.number)
    append_event(
        db,
        plan.former,
        "superseded",
        at=now,
        effective_from=day_at(now, plan.former.time_zone),
        reason=REASON,
        actor=actor,
        organisation=plan.former.issuer,
        approval=approval.public_id,
        note=note,
        successor=new.number,
    )
    changed = Changes(name=correction.name, birth_date=correction.birth_date)
    change_person(db, plan.person, changed, now, actor, f"correction of {display_number(number)}")
    db.add(
        CertificateCorrection(
            number=new.number,
            corrects=number,
            read=kept_form(plan.row),
            asked=correction.model_dump(mode="json", exclude_defaults=True),
            changes=dict(plan.changes),
            note=note,
            approval=approval.public_id,
            at=now,
            actor=actor,
        )
    )
    db.flush()
    return new


# --- plan ----------------------------------------------------------------------------------------------------------


def _checked(correction: Correction, now: datetime, time_zone: str) -> Correction:
    """With the name as it is kept. Raises MalformedInput."""
    faults = [
        (f"facts.{name}", says) for name, value in correction.facts.items() if (says := what_is_wrong(name, value))
    ]
    if faults:
        raise MalformedInput(faults)
    given = {"name": correction.name, "birth_date": correction.birth_date}
    person = parse({name: value for name, value in given.items() if value is not None}, PersonGiven)
    checked = person.changes(day_at(now, time_zone))
    return correction.model_copy(update={"name": checked.name})


def _row(db: Database, certificate: IssuedCertificate) -> RosterRow:
    """The row that it was issued from; where none is on record, what is known of it from the evidence."""
    read = row_behind(db, certificate)
    if read is not None:
        # The level that is asked for now is the one it has.
        return replace(row_of(0, read), asked=None, at_attained=None)
    evidence = orjson.loads(evidence_behind(db, certificate))
    said = certificate.certificate()
    facts = {name: evidence[name] for name in STATABLE_FACTS if isinstance(evidence.get(name), (bool, int, str))}
    return RosterRow(
        row=0,
        name=certificate.holder_name,
        birth_date=said.birth_date,
        scope_classes=said.scope_classes or None,
        facts=facts,
    )


def _shown(desk: Desk, rows: Sequence[RosterRow]) -> Participation:
    """What sheets and results show of the person, who stands there by the right name, or by one that was wrong."""
    found = desk.participations([replace(row, row=place) for place, row in enumerate(rows)])
    by_each = [found[place] for place in range(len(rows)) if place in found]
    return next((each for each in by_each if each.shows_something), by_each[0] if by_each else NOTHING_SHOWN)


def _renewed(desk: Desk, person: Person, number: str | None) -> list[Held]:
    """The certificate that was renewed when this one was issued, as it stood then."""
    held = desk.held({person.id}).get(person.id, ())
    return [replace(each, state="issued") for each in held if each.number == number]


def _person(db: Database, certificate: IssuedCertificate) -> Person:
    standing = standing_ids(db, {certificate.person_id})[certificate.person_id]
    return people_by_id(db, [standing])[standing]


def _check_person(db: Database, number: str, person: Person, rows: Sequence[RosterRow], row: RosterRow) -> None:
    """Nobody else than the first certificate named, and nobody else who is on record. Raises AnotherPerson.

    rows  those that the line of certificates was issued from, the first certificate's last
    """
    before, first = rows[0], rows[-1]
    check_same_person(Identity(first.name, first.birth_date), Identity(row.name, row.birth_date), number)
    if (name_key(before.name), before.birth_date) == (name_key(row.name), row.birth_date):
        return
    called = [each.person for each in people_called(db, [name_key(row.name)])]
    other = next((each for each in called if each.id != person.id and each.birth_date == row.birth_date), None)
    if other is not None:
        raise AnotherPerson(
            f"{row.name!r} with that birth date is on record already, as somebody else (person {other.id}). {INSTEAD}"
        )


def _occasion(db: Database, former: IssuedCertificate, version: str | None) -> Occasion:
    """The occasion as it is on record now, under the version of its scheme that is right."""
    occasion = occasion_of(db, former.occasion_id)
    if version is None or version == occasion.scheme_version:
        return occasion
    return Occasion(**occasion.model_dump() | {"scheme_version": version})


def _check_not_the_holder(db: Database, plan: Plan, account: str) -> None:
    """Nobody has a part in correcting what certifies themselves. Raises TookPart."""
    who = account_by_slug(db, account)
    for name, born in ((plan.person.name, plan.person.birth_date), (plan.row.name, plan.row.birth_date)):
        if name_key(name) == who.name_key and (None in {born, who.birth_date} or born == who.birth_date):
            raise TookPart(
                f"{account} seems to be whom {display_number(plan.former.number)} is about; others correct it"
            )


# --- carry out -----------------------------------------------------------------------------------------------------


def _signed(  # noqa: PLR0913, PLR0917 what is signed, by what, for whom
    db: Database, keyring: Keyring, public_url: str, plan: Plan, actor: str, now: datetime
) -> Sequence[Signed]:
    """Raises KeyHeldElsewhere before anything is done."""
    issuer = keyring.organisation_signer(db, plan.desk.occasion.issuer, now)
    keyring.prepare(db, now, actor)
    places = reserve_places(db, 1, now)
    signers = Signers(
        organisation=plan.desk.occasion.issuer,
        public_url=public_url,
        trust=build_trust(db, public_url, now),
        issuer=issuer,
        attestation=keyring.attestation_signer(db, now),
    )
    return sign(signers, [(plan.decided, places[0])], now)
