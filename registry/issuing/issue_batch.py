"""A class list becomes certificates: the journey, one step a line. All of a list in one transaction, or nothing."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from levels.assess import Assessment, NotAuthorised, assess
from levels.level import Level
from levels.tightening import LooserThanEdition
from registry.errors import (
    AskedTooHigh,
    EmptyRoster,
    IssuerNotAuthorised,
    OwnProofFailed,
    SchemeLooserThanEdition,
)
from registry.issuing.candidate import NOTHING_SHOWN, Candidate, candidate
from registry.issuing.desk import Desk
from registry.issuing.outcome import BatchResult, RowOutcome, result_of, unmet_at
from registry.issuing.participation import Participation
from registry.issuing.prove import prove
from registry.issuing.roster_row import Fault, Roster, RosterRow, fault
from registry.issuing.statement import span_of, statement
from registry.issuing.validity import AnchorUnknown
from registry.records.batches import Batch, BatchRow, batch_like, keep_batch
from registry.records.certificates import IssuedCertificate, Slots, keep_issued, standing_at
from registry.records.database import Database, new_id
from registry.records.occasions import occasion_by_id
from registry.records.people import Person, name_key
from registry.signing.keys import Keyring
from registry.signing.published import build_trust
from verification.certificate import NUMBER_BYTES, Certificate, did_web, display_number, new_number
from verification.claims import to_claims
from verification.envelopes.cwt import MalformedCwt
from verification.envelopes.jws import MalformedJws, seal_jws
from verification.presented import CERTIFICATE_TYPE
from verification.trust import StatusEvent

_DRAFT_NUMBER = new_number(bytes(NUMBER_BYTES))


@dataclass(frozen=True)
class Wish:
    """What is asked beside the list.

    asked              the level; None = the scheme's target
    issue_good_rows    issue from the good rows although others have faults
    issue_at_attained  where the asked level is not attained, issue at the one that is
    """

    asked: Level | None = None
    issue_good_rows: bool = False
    issue_at_attained: bool = False

    def key(self) -> str:
        """What makes two wishes the same."""
        return f"{self.asked or 'target'} {self.issue_at_attained} {self.issue_good_rows}"


@dataclass(frozen=True)
class Decided:
    """A row that may be issued, and at which level; `draft` is the certificate but for number, place and moment."""

    candidate: Candidate
    assessment: Assessment
    asked: Level
    draft: Certificate


@dataclass(frozen=True)
class Signed:
    """A certificate said, signed, and proved."""

    decided: Decided
    certificate: Certificate
    vc_jwt: str
    kid: str


def check_batch(
    db: Database, occasion_id: str, roster: Roster, *, now: datetime, asked: Level | None = None
) -> BatchResult:
    """What would become of the list. Stores nothing; `issued` means that it would be.

    Raises OccasionNotFound, DecisionInFuture, OccasionIncomplete, IssuerNotAuthorised, AskedTooHigh, EmptyRoster.
    """
    desk = Desk(db, occasion_by_id(db, occasion_id), now)
    answers = _decide_all(desk, roster, Wish(asked, issue_good_rows=True))
    return result_of(None, occasion_id, [_would_be(each) if isinstance(each, Decided) else each for each in answers])


def issue_batch(  # noqa: PLR0913 what is asked beside the list has names
    db: Database,
    keyring: Keyring,
    public_url: str,
    occasion_id: str,
    roster: Roster,
    *,
    now: datetime,
    actor: str,
    asked: Level | None = None,
    issue_good_rows: bool = False,
    issue_at_attained: bool = False,
) -> BatchResult:
    """Issue from the list. The same list again issues nothing twice, and says how each row stands now.

    db  a writing transaction; the caller commits

    Raises what `check_batch` raises, NoSigningKey, and OwnProofFailed: then the caller must not commit.
    """
    wish = Wish(asked, issue_good_rows, issue_at_attained)
    occasion = occasion_by_id(db, occasion_id)
    before = batch_like(db, occasion.id, roster.digest, wish.key())
    known = None if before is None else _as_they_are(db, before)
    if before is not None and known is not None:
        return _again(before, occasion_id, known)
    desk = Desk(db, occasion, now)
    answers = _decide_all(desk, roster, wish)
    faulty = [_is_fault(each) for each in answers]
    if all(faulty) or (any(faulty) and not wish.issue_good_rows):
        held = [_held_back(each) if isinstance(each, Decided) else each for each in answers]
        return result_of(None, occasion_id, held)
    settled = [each for each in answers if isinstance(each, RowOutcome)]
    if before is not None and len(settled) == len(answers):
        return _again(before, occasion_id, settled)
    keyring.prepare(db, now, actor)
    batch_id = new_id()
    signed = _sign_all(db, desk, keyring, public_url, [each for each in answers if isinstance(each, Decided)])
    by_row = {each.decided.candidate.row.row: each for each in signed}
    outcomes = [_issued(by_row[each.candidate.row.row]) if isinstance(each, Decided) else each for each in answers]
    result = result_of(str(batch_id), occasion_id, outcomes)
    _keep(db, desk, roster, wish, batch_id, signed, result, actor)
    return result


# --- decide: rows to what may be issued, to refusals, to faults ------------------------------------------------


def _decide_all(desk: Desk, roster: Roster, wish: Wish) -> list[Decided | RowOutcome]:
    if not roster.rows and not roster.faults:
        raise EmptyRoster("the list has no rows; write one person per row below the header")
    order = desk.rules.order
    asked = wish.asked or desk.scheme.target_level
    if order.index(asked) < order.index(desk.scheme.max_level):
        raise AskedTooHigh(f"{desk.scheme.code} goes no higher than {desk.scheme.max_level}; {asked} was asked")
    people, standing = desk.known_people(roster.rows), desk.standing()
    shown = desk.participations(roster.rows)
    names = {row.row: row.name for row in roster.rows}
    answers: list[Decided | RowOutcome] = [
        RowOutcome(row=row, name=names.get(row, ""), outcome="fault", faults=faults)
        for row, faults in roster.faults.items()
    ]
    seen: dict[tuple[str, object], int] = {}
    for row in roster.rows:
        if row.row in roster.faults:
            continue
        first = seen.setdefault((name_key(row.name), row.birth_date), row.row)
        person = people.get(row.row)
        if first != row.row:
            answers.append(_faulty(row, [fault("person_twice", column="name", value=row.name[:80], other=first)]))
        elif person is not None and person.id in standing:
            answers.append(_held(row, standing[person.id], asked))
        else:
            answers.append(_decide(desk, row, person, shown.get(row.row, NOTHING_SHOWN), asked, wish))
    return answers


def _decide(  # noqa: PLR0913, PLR0917 all that decides
    desk: Desk, row: RosterRow, person: Person | None, shown: Participation, asked: Level, wish: Wish
) -> Decided | RowOutcome:
    ground = desk.ground(row)
    found = candidate(ground, row, person, shown)
    if isinstance(found, list):
        return _faulty(row, found)
    try:
        assessment = assess(found.evidence, desk.rules, desk.occasion.decided_on, asked=asked, ceiling=desk.ceiling)
    except NotAuthorised as refused:
        raise IssuerNotAuthorised(str(refused)) from refused
    except LooserThanEdition as refused:
        raise SchemeLooserThanEdition(str(refused)) from refused
    if not assessment.reached and not wish.issue_at_attained:
        return _refused(row, assessment, asked)
    level = asked if assessment.reached else assessment.attained
    try:
        first, last = span_of(ground, found, level, desk.now)
        if last is not None and last < max(desk.today, first):
            return _faulty(row, [fault("would_have_expired", until=last.isoformat())])
        draft = statement(ground, found, assessment, level, _DRAFT_NUMBER, (0, 0), (first, last), desk.now)
    except AnchorUnknown as unknown:
        return _faulty(row, [fault("anchor_unknown", anchor=str(unknown))])
    except ValidationError as cannot:
        return _faulty(row, [_cannot_be_stated(cannot, row)])
    return Decided(found, assessment, asked, draft)


def _cannot_be_stated(cannot: ValidationError, row: RosterRow) -> Fault:
    first = cannot.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if where == "holder_name":
        return fault("name_unusable", column="name", value=row.name[:80])
    return fault("cannot_be_stated", why=f"{where} {first['msg']}".strip())


# --- sign: reserve places, say, sign, prove ---------------------------------------------------------------------


def _sign_all(db: Database, desk: Desk, keyring: Keyring, public_url: str, decided: Sequence[Decided]) -> list[Signed]:
    """Every certificate is proved against the trust as it will be once all of them are stored."""
    if not decided:
        return []
    issuer = keyring.organisation_signer(db, desk.occasion.issuer, desk.now)
    attestation = keyring.attestation_signer(db, desk.now)
    slots = Slots(db, desk.now)
    stated = [(each, _numbered(each, slots)) for each in decided]
    slots.keep()
    trust = build_trust(db, public_url, desk.now)
    will_be = StatusEvent(kind="issued", effective_from=desk.now)
    trust = trust.model_copy(update={"events": {certificate.number: (will_be,) for _, certificate in stated}})
    did = did_web(public_url, desk.occasion.issuer)
    kid = f"{did}#{issuer.key().kid}"
    signed: list[Signed] = []
    for each, certificate in stated:
        try:
            vc_jwt = seal_jws(to_claims(certificate, did, public_url), typ=CERTIFICATE_TYPE, kid=kid, sign=issuer)
            prove(certificate, vc_jwt, attestation, trust, desk.now)
        except (OwnProofFailed, MalformedJws, MalformedCwt) as failed:
            raise OwnProofFailed(f"row {each.candidate.row.row}: {failed}; nothing was issued") from failed
        signed.append(Signed(each, certificate, vc_jwt, issuer.key().kid))
    return signed


def _numbered(decided: Decided, slots: Slots) -> Certificate:
    place = slots.draw()
    status = decided.draft.status.model_copy(update={"list": place[0], "index": place[1]})
    number = new_number(secrets.token_bytes(NUMBER_BYTES))
    return decided.draft.model_copy(update={"number": number, "status": status})


# --- keep: people, batch, certificates with their first events -----------------------------------------------------


def _keep(  # noqa: PLR0913, PLR0917 all that is kept
    db: Database,
    desk: Desk,
    roster: Roster,
    wish: Wish,
    batch_id: UUID,
    signed: Sequence[Signed],
    result: BatchResult,
    actor: str,
) -> None:
    people = _people(db, desk, roster, result, actor)
    batch = Batch(
        id=batch_id,
        occasion_id=desk.record.id,
        digest=roster.digest,
        wish=wish.key(),
        result=result.model_dump(mode="json"),
        created_at=desk.now,
        created_by=actor,
    )
    rows = [
        BatchRow(
            batch_id=batch_id,
            occasion_id=desk.record.id,
            person_id=people[each.row],
            row=each.row,
            outcome=each.outcome,
        )
        for each in result.rows
        if each.row in people
    ]
    keep_batch(db, batch, rows)
    keep_issued(db, [_record(desk, each, people[each.decided.candidate.row.row], batch_id) for each in signed], actor)


def _people(db: Database, desk: Desk, roster: Roster, result: BatchResult, actor: str) -> Mapping[int, UUID]:
    """Everybody whose row could be read, found or added. What is on record of somebody is filled in, not replaced."""
    read = {each.row for each in result.rows if each.outcome != "fault"}
    rows = [row for row in roster.rows if row.row in read]
    known = desk.known_people(rows)
    people: dict[int, UUID] = {}
    for row in rows:
        person = known.get(row.row) or Person(
            name=row.name,
            name_key=name_key(row.name),
            birth_date=row.birth_date,
            recorded_at=desk.now,
            recorded_by=actor,
        )
        person.email, person.phone = person.email or row.email, person.phone or row.phone
        db.add(person)
        people[row.row] = person.id
    db.flush()
    return people


def _record(desk: Desk, signed: Signed, person: UUID, batch_id: UUID) -> IssuedCertificate:
    said, assessment = signed.certificate, signed.decided.assessment
    return IssuedCertificate(
        number=said.number,
        person_id=person,
        occasion_id=desk.record.id,
        batch_id=batch_id,
        scheme=said.scheme,
        scheme_version=said.scheme_version,
        level=said.level.value,
        edition=said.edition,
        issuer=said.issuer.id,
        kid=signed.kid,
        holder_name=said.holder_name,
        vc_jwt=signed.vc_jwt,
        facts=said.model_dump_json(exclude_defaults=True),
        evidence=signed.decided.candidate.evidence.model_dump_json(exclude_defaults=True),
        assessment=_snapshot(assessment),
        status_list=said.status.list,
        status_index=said.status.index,
        issued_at=said.issued_at,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        time_zone=said.time_zone,
        corrects=said.corrects,
        renews=said.renews,
        state="issued",
    )


def _snapshot(assessment: Assessment) -> str:
    """The assessment as it stood: rows by id (the edition has their sentences), and the paths of independence."""
    return json.dumps(
        {
            "attained": assessment.attained,
            "asked": assessment.asked,
            "ceiling": assessment.ceiling,
            "ceiling_by": assessment.ceiling_by,
            "edition": assessment.edition,
            "on": assessment.on.isoformat(),
            "party": assessment.party,
            "unmet": {level: [row.id for row in rows] for level, rows in assessment.unmet.items()},
            "satisfied": assessment.satisfied,
            "does_not_apply": assessment.exempt,
            "recommended_missed": [row.id for row in assessment.recommended_missed],
            "independence": [pair.as_json() for pair in assessment.independence],
        }
    )


# --- answer ------------------------------------------------------------------------------------------------------


def _as_they_are(db: Database, before: Batch) -> list[RowOutcome] | None:
    """How each row stands now, where everybody on the list got a certificate then and none was annulled or replaced."""
    rows = BatchResult.model_validate(before.result).rows
    standing = {certificate.number: certificate for certificate in standing_at(db, before.occasion_id).values()}
    if not all(row.number in standing for row in rows):
        return None
    return [_held(row, standing[str(row.number)], row.asked) for row in rows]


def _again(before: Batch, occasion_id: str, rows: Sequence[RowOutcome]) -> BatchResult:
    return result_of(before.public_id, occasion_id, rows).model_copy(update={"repeated": True})


def _is_fault(answer: Decided | RowOutcome) -> bool:
    return isinstance(answer, RowOutcome) and answer.outcome == "fault"


def _faulty(row: RosterRow, faults: Sequence[Fault]) -> RowOutcome:
    return RowOutcome(row=row.row, name=row.name, outcome="fault", faults=tuple(faults))


def _refused(row: RosterRow, assessment: Assessment, asked: Level) -> RowOutcome:
    unmet = unmet_at(assessment, asked)
    faults = () if unmet else (fault("ceiling", value=asked.value, ceiling=assessment.ceiling.value),)
    return RowOutcome(
        row=row.row,
        name=row.name,
        outcome="refused",
        attained=assessment.attained,
        asked=asked,
        unmet=unmet,
        faults=faults,
    )


def _held(row: RosterRow | RowOutcome, certificate: IssuedCertificate, asked: Level | None) -> RowOutcome:
    """The person holds a certificate of this occasion; one that does not hold now is not replaced by the same list."""
    level = Level(certificate.level)
    if certificate.state in {"revoked", "suspended"}:
        why = fault(f"{certificate.state}_before", number=display_number(certificate.number))
        return RowOutcome(row=row.row, name=row.name, outcome="refused", asked=asked, faults=(why,))
    return RowOutcome(
        row=row.row,
        name=row.name,
        outcome="issued",
        number=certificate.number,
        level=level,
        attained=Level(json.loads(certificate.assessment)["attained"]),
        asked=asked,
        already=True,
    )


def _held_back(decided: Decided) -> RowOutcome:
    return _would_be(decided).model_copy(update={"outcome": "refused", "level": None, "faults": (fault("held_back"),)})


def _would_be(decided: Decided) -> RowOutcome:
    row = decided.candidate.row
    return RowOutcome(
        row=row.row,
        name=row.name,
        outcome="issued",
        level=decided.draft.level,
        attained=decided.assessment.attained,
        asked=decided.asked,
    )


def _issued(signed: Signed) -> RowOutcome:
    return _would_be(signed.decided).model_copy(update={"number": signed.certificate.number})
