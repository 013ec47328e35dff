"""What a stolen key has spoilt, issued anew with the issuer's new key: looked at, asked for by one, decided by another.

The new certificate says what the former said, rests on the same evidence and comes in its place. Which ones are rightly
earned no key can tell: whoever asks names them, or leaves out what the thief has issued.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

from pydantic import AfterValidator
from pydantic import Field as InputField

from registry.errors import NothingToChange, RequestOutdated, TooManyCertificates
from registry.issuing.decisions.approving import check_apart
from registry.issuing.pressing.press import Line as PressLine
from registry.issuing.pressing.press import Press, Pressed, Signers
from registry.issuing.pressing.sign import Place
from registry.records.actors.access import Actor
from registry.records.actors.approvals import (
    Approval,
    approval_by_id,
    digest_of,
    no_approval,
    request_approval,
    require_approval,
)
from registry.records.issued.certificates import (
    IssuedCertificate,
    append_event,
    assessment_behind,
    certificates_to_change,
    evidence_behind,
    keep_issued,
    make_way,
    reserve_places,
    that_correct,
)
from registry.records.issued.certificates_by_cause import changed_by, lock_numbered
from registry.records.issued.spoilt import SpoiltCertificate, spoilt_certificates
from registry.records.mandates.mandate_authority import mandate_in_force
from registry.records.parties.signing_keys import SigningKey, key_by_kid
from registry.records.sittings.occasions import occasion_by_id, occasion_of
from registry.records.store.database import Database
from registry.records.strict_input import Line, NoNumber, StrictInput, parse
from registry.signing.keys import Keyring, check_may_sign
from registry.signing.published import as_signed, build_trust
from verification.certificate import Certificate, MalformedNumber, day_at, display_number, parse_number

KIND = "reissue"  # of approval
ACTION, DECIDE = "certificate.reissue", "certificate.reissue_approve"
MOST = 2000  # at once: all of them in one transaction
REASON = "superseded"
Why = Literal["suspended", "ended", "expired"]


def _as_shown(text: str) -> str:
    try:
        return display_number(parse_number(text))
    except MalformedNumber as fault:
        raise ValueError(str(fault)) from fault


Numbers = Annotated[
    tuple[Annotated[str, InputField(max_length=40), AfterValidator(_as_shown)], ...],
    InputField(max_length=MOST, strict=False),
]


class Reissue(StrictInput):
    """What a stolen key has spoilt and is to be issued anew.

    occasion      only what was issued for that course or exam
    certificates  only these; none = all that can be
    left_out      not these: what the thief has issued
    """

    key: Annotated[str, InputField(pattern=r"^[0-9a-z]{4,32}$")]
    occasion: (
        Annotated[str, InputField(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._-]+$"), NoNumber] | None
    ) = None
    certificates: Numbers = ()
    left_out: Numbers = ()
    note: Annotated[Line, NoNumber] | None = None


@dataclass(frozen=True)
class Reissued:
    """What was carried out: the new certificate of each former one, by number; before: by an earlier call."""

    approval: Approval
    numbers: Mapping[str, str]
    before: bool


def spoilt_page(
    db: Database, kid: str, now: datetime, *, after: UUID | None = None, limit: int | None = None
) -> Sequence[tuple[SpoiltCertificate, Why | None]]:
    """What a key has spoilt, as it was issued, each with why it is not issued anew if it is not.

    Raises SigningKeyNotFound.
    """
    return [(row, _why_not(row, now)) for row in spoilt_certificates(db, key_by_kid(db, kid), after=after, limit=limit)]


def ask_to_reissue(db: Database, asked: Reissue, *, actor: Actor, now: datetime) -> Approval:
    """Ask somebody else to decide on exactly these certificates.

    Raises SigningKeyNotFound, OccasionNotFound, NothingToChange, TooManyCertificates, MalformedInput for what is no
    number, OrganisationRejected for an issuer that has closed, NotAllowed, NotProven.
    """
    key = key_by_kid(db, asked.key)
    actor.require(ACTION, key.organisation)
    if key.organisation is not None:
        check_may_sign(db, key.organisation, now)
    content = _content(db, key, asked, now)
    return request_approval(
        db, kind=KIND, subject=key.kid, organisation=key.organisation, content=content, actor=actor, now=now
    )


def carry_out_reissue(  # noqa: PLR0913 what, with which keys, by whom, when
    db: Database, keyring: Keyring, public_url: str, public_id: str, *, actor: Actor, now: datetime
) -> Reissued:
    """Issue anew what was approved, all of it or nothing. Once it is done, asking again does nothing.

    Raises ApprovalNotFound, NotAllowed, ApprovalNeeded, TookPart, RequestOutdated where by now others are spoilt or
    some have been changed, IssuerNotAuthorised, NoSigningKey, KeyHeldElsewhere before anything is done (then see
    `reissue_elsewhere`), and OwnProofFailed: then the caller must not commit.
    """
    agreed = agreed_on(db, public_id, actor=actor, now=now)
    if agreed.before is not None:
        return Reissued(agreed.approval, agreed.before, before=True)
    numbers = _issue(db, keyring, public_url, agreed.formers, agreed.approval, actor.account, now)
    return Reissued(agreed.approval, numbers, before=False)


class Agreed(NamedTuple):
    """What two people have agreed on.

    formers  what is to be issued anew, as it stands
    before   what came of it already, by the former number; None = nothing did
    """

    approval: Approval
    formers: Sequence[IssuedCertificate]
    before: Mapping[str, str] | None


def agreed_on(db: Database, public_id: str, *, actor: Actor, now: datetime) -> Agreed:
    """What is to be carried out, if it is still what was approved; nobody else changes it meanwhile.

    Raises ApprovalNotFound, NotAllowed, ApprovalNeeded, TookPart, RequestOutdated, IssuerNotAuthorised.
    """
    approval = reissue_approval(db, public_id)
    if not actor.may(DECIDE, approval.organisation):
        actor.require(ACTION, approval.organisation)
    content = approval.content()
    numbers = [parse_number(number) for number in content["certificates"]]
    lock_numbered(db, numbers)
    if changed_by(db, public_id, numbers[0]):
        return Agreed(approval, (), _successors(db, numbers))
    if approval.state != "approved":
        require_approval(db, kind=KIND, subject=approval.subject, content=content, now=now)
    current = _content(db, key_by_kid(db, approval.subject), _asked_in(content), now)
    if digest_of(current) != approval.digest:
        raise RequestOutdated(f"since {public_id} was asked for, other certificates are spoilt, or fewer; ask again")
    require_approval(db, kind=KIND, subject=approval.subject, content=content, now=now)
    formers = certificates_to_change(db, *numbers)
    for occasion in {row.occasion_id for row in formers.values()}:
        check_apart(db, occasion_of(db, occasion), str(approval.decided_by))
    for scheme, version in {(row.scheme, row.scheme_version) for row in formers.values()}:
        mandate_in_force(db, str(approval.organisation), scheme, version, now.date())
    return Agreed(approval, [*formers.values()], None)


def reissue_approval(db: Database, public_id: str) -> Approval:
    """What was asked under that id. Raises ApprovalNotFound, also for what is about something else."""
    approval = approval_by_id(db, public_id)
    if approval.kind != KIND:
        raise no_approval(public_id)
    return approval


# ------------------------------------------------------------------ which


def _why_not(row: SpoiltCertificate, now: datetime) -> Why | None:
    if row.state == "suspended":
        return "suspended"  # issued anew, it would hold again
    if row.state != "issued":
        return "ended"
    return "expired" if row.valid_until is not None and row.valid_until < day_at(now, row.time_zone) else None


def _content(db: Database, key: SigningKey, asked: Reissue, now: datetime) -> dict[str, object]:
    """What is approved. Raises NothingToChange, TooManyCertificates, OccasionNotFound, MalformedInput."""
    if key.compromised_since is None:
        raise NothingToChange(f"{key.kid} was never reported as stolen, so that it has spoilt nothing")
    occasion = None if asked.occasion is None else occasion_by_id(db, asked.occasion).id
    only, without = ({parse_number(one) for one in named} for named in (asked.certificates, asked.left_out))
    rows = [
        row
        for row in spoilt_certificates(db, key)
        if _why_not(row, now) is None
        and (occasion is None or row.occasion == occasion)
        and (not only or row.number in only)
        and row.number not in without
    ]
    if missing := sorted(only - {row.number for row in rows}):
        raise NothingToChange(
            f"{display_number(missing[0])} is not among what {key.kid} has spoilt and can be issued anew"
        )
    if not rows:
        raise NothingToChange(f"nothing that {key.kid} has spoilt can be issued anew")
    if len(rows) > MOST:
        raise TooManyCertificates(
            f"{len(rows)} certificates are spoilt, and {MOST} at most are issued anew at once; ask for one occasion "
            "after another"
        )
    levels = sorted({row.level for row in rows})
    return {
        **asked.model_dump(mode="json", exclude_defaults=True, exclude={"certificates"}),
        "named": sorted(display_number(number) for number in only),
        "organisation": key.organisation,
        "stolen_since": key.compromised_since.isoformat(),
        "counts": {level: sum(row.level == level for row in rows) for level in levels},
        "certificates": sorted(display_number(row.number) for row in rows),
        "reason": REASON,
    }


def _asked_in(content: Mapping[str, Any]) -> Reissue:
    """What was asked, as the content of an approval has it."""
    given = {name: content[name] for name in ("key", "occasion", "left_out", "note") if name in content}
    return parse({**given, "certificates": content.get("named", ())}, Reissue)


def _successors(db: Database, numbers: Sequence[str]) -> dict[str, str]:
    return {row.corrects: row.number for row in that_correct(db, numbers) if row.corrects is not None}


# ------------------------------------------------------------------ anew


def _issue(  # noqa: PLR0913, PLR0917 what is signed by what, for whom
    db: Database,
    keyring: Keyring,
    public_url: str,
    formers: Sequence[IssuedCertificate],
    approval: Approval,
    actor: str,
    now: datetime,
) -> dict[str, str]:
    """A new certificate for each, and the former ones superseded."""
    issuer = formers[0].issuer
    signer = keyring.organisation_signer(db, issuer, now)
    keyring.prepare(db, now, actor)
    signers = Signers(
        organisation=issuer,
        public_url=public_url,
        trust=build_trust(db, public_url, now),
        issuer=signer,
        attestation=keyring.attestation_signer(db, now),
    )
    press = Press(signers)
    pressed = press.press(lines_of(db, formers, press, reserve_places(db, len(formers), now)), now)
    return keep_anew(db, formers, pressed, signer.key().kid, approval, actor, now)


def lines_of(
    db: Database, formers: Sequence[IssuedCertificate], press: Press, places: Sequence[Place]
) -> list[PressLine]:
    """What is to be pressed in those places; the press learns what the former ones say. Raises RecordDamaged."""
    said = [as_signed(db, row) for row in formers]
    press.learn({number: one.model_copy(update={"corrects": one.number}) for number, one in enumerate(said)})
    return [
        PressLine(number, number, one.holder_name, _born(one), place, one.renews)
        for number, (one, place) in enumerate(zip(said, places, strict=True))
    ]


def keep_anew(  # noqa: PLR0913, PLR0917 what, signed by what, by whose decision
    db: Database,
    formers: Sequence[IssuedCertificate],
    pressed: Sequence[Pressed],
    kid: str,
    approval: Approval,
    actor: str,
    now: datetime,
    written_at: datetime | None = None,
) -> dict[str, str]:
    """Keep the new ones, each in the place of its former; written_at: where they were written before they were signed.

    By the former number, the new one.
    """
    kept = [
        {
            **{name: getattr(former, name) for name in _SAME},
            "number": new.number,
            "kid": kid,
            "vc_jwt": new.vc_jwt,
            "facts": new.facts,
            "evidence": evidence_behind(db, former),
            "assessment": assessment_behind(db, former),
            "status_list": new.place[0],
            "status_index": new.place[1],
            "issued_at": (written_at or now).replace(microsecond=0),
            "corrects": former.number,
        }
        for former, new in zip(formers, pressed, strict=True)
    ]
    for former in formers:
        make_way(db, former)
    keep_issued(db, kept, actor, approval.public_id, at=now.replace(microsecond=0) if written_at else None)
    for former, new in zip(formers, pressed, strict=True):
        append_event(
            db,
            former,
            "superseded",
            at=now,
            effective_from=day_at(now, former.time_zone),
            reason=REASON,
            actor=actor,
            organisation=former.issuer,
            approval=approval.public_id,
            note=approval.content().get("note"),
            successor=new.number,
        )
    return {former.number: new.number for former, new in zip(formers, pressed, strict=True)}


_SAME = (
    *("person_id", "occasion_id", "batch_id", "scheme", "scheme_version", "level", "edition", "issuer"),
    *("holder_name", "valid_from", "valid_until", "time_zone", "renews"),
)


def _born(said: Certificate) -> date | None:
    """As much of the birth date as it states: of a year alone, its first day stands for it."""
    if said.birth_date is not None or said.birth_year is None:
        return said.birth_date
    return date(said.birth_year, 1, 1)
