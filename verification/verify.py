"""A token, what is trusted, and a moment in; every finding out. Pure: no clock, no network, no verdict.

The steps: 1 read it · 2 whose address · 3 which key · 4 the signature · then, all of them, whatever each says:
5 clock · 6 the key when it signed, the log · 7 issuer · 8 scheme · 9 mandate · 10 edition · 11 dates · 12 register ·
13 status and its age · 14 what it states: level, subject, independence, identity. 5 and 11 to 13 are in
`standing`, 6 to 10 in `authority` and `logged`, 14 in `stated`. Each code is explained in `texts/reasons.toml`.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from verification import authority, standing
from verification.case import Case
from verification.certificate import Certificate, Party, day_at, did_web, end_of, start_of
from verification.claims import Stated
from verification.envelopes.cwt import CompactToken, OpenedCwt, verify_cwt
from verification.envelopes.jws import OpenedJws, verify_jws
from verification.findings import Finding, Findings, Form, Seen
from verification.log.proof import LogProof
from verification.logged import logged
from verification.organisation_certificate import OrganisationCertificate
from verification.presented import NotACertificate, NumberAlone, Opened, OpenedCode, OpenedFull, opened
from verification.stated import stated
from verification.status_list import NotInList
from verification.trust import AttestationKey, Key, StatusEvent, Trust


def verify(token: str | bytes, trust: Trust, now: datetime, on: date | None = None) -> Findings:
    """Everything that can be found about a token.

    token  a QR code's text, a verify address, its digits, or a `vc+jwt`; also as the bytes of a file. A number
           alone can be asked of a register only: see `ask`
    now    the moment it is asked, with its time zone
    on     answer for that day instead of for now

    Never raises on a token. After a bad signature, or a key that is not known, nothing the token says is told.
    """
    try:
        return verify_opened(opened(token), trust, now, on)
    except NotACertificate:
        return unreadable(trust, on)


def verify_opened(presented: Opened, trust: Trust, now: datetime, on: date | None = None) -> Findings:
    """The same, about what has been taken apart already."""
    match presented:
        case OpenedCode():
            return compact(presented, trust, now, on, check=verify_cwt)
        case OpenedFull(jws, stated_there, proof):
            return full(jws, stated_there, trust, now, on, check=verify_jws, proof=proof)
        case NumberAlone(number, base):
            if number in trust.certificates and (base is None or address(base, trust).outcome == "passed"):
                return verify(trust.certificates[number].vc_jwt, trust, now, on)
            early = (address(base, trust),) if base else ()
            return Findings((*early, Finding("number_alone", "could_not_check")), None, None, trust.as_of, on)


def unreadable(trust: Trust, on: date | None = None) -> Findings:
    """The findings on what is nothing of ours."""
    return Findings((Finding("unreadable", "could_not_check"),), None, None, trust.as_of, on)


def full(  # noqa: PLR0913 what is asked, and how its signature is checked
    opened: OpenedJws,
    stated_there: Stated | None,
    trust: Trust,
    now: datetime,
    on: date | None,
    *,
    check: Callable[[OpenedJws, bytes], bool],
    proof: LogProof | None = None,
) -> Findings:
    """The findings on a `vc+jwt`; check: whether its signature is that key's; proof: that it stands in the log."""
    found = proved(opened, stated_there, trust, check=check)
    if isinstance(found, Finding):
        # After a failed signature nothing it says is told, not even that it could be read.
        told = [found] if found.outcome == "failed" else [_READABLE, found]
        return _stopped(told, "full", trust, on)
    key, said = found
    early = [_READABLE, address(said.public_url, trust)]
    seen = _seen_full(named(said.certificate, trust))
    return _all_steps(early, seen, key, "full", (trust, now, on), shown=(opened.text, proof))


def proved(
    opened: OpenedJws, stated_there: Stated | None, trust: Trust, *, check: Callable[[OpenedJws, bytes], bool]
) -> tuple[Key, Stated] | Finding:
    """Who signed a `vc+jwt` and what it states; or why that cannot be told."""
    key = trust.issuer_key(opened.kid)
    if key is None:
        return Finding("key_unknown", "could_not_check")
    if not check(opened, key.public_key):
        return Finding("signature_invalid", "failed")
    if stated_there is None:
        return Finding("not_understood", "could_not_check")
    signer = did_web(trust.public_url, key.organisation)
    if not _same_issuer(stated_there, key, signer) or opened.header.get("iss", signer) != signer:
        return Finding("key_of_other", "failed")
    return key, stated_there


def compact(
    presented: OpenedCode, trust: Trust, now: datetime, on: date | None, *, check: Callable[[OpenedCwt, bytes], bool]
) -> Findings:
    """The findings on a code; check: whether its signature is that key's."""
    key = trust.attestation_key(presented.cwt.kid)
    if key is not None and not check(presented.cwt, key.public_key):
        return _stopped([Finding("signature_invalid", "failed")], "compact", trust, on)
    return steps_of_code(presented, _seen_compact(presented.cwt.token, trust), trust, now, on)


def steps_of_code(presented: OpenedCode, seen: Seen, trust: Trust, now: datetime, on: date | None) -> Findings:
    """The findings on a code whose signature is good; seen: what it says, and its full certificate where known."""
    early = [_READABLE, address(presented.base, trust)]
    key = trust.attestation_key(presented.cwt.kid)
    if key is None:
        return _stopped([*early, Finding("key_unknown", "could_not_check")], "compact", trust, on)
    return _all_steps(early, seen, key, "compact", (trust, now, on), code=presented.cwt.signed)


_PARTIES = ("training_provider", "examination_body", "issuer", "scheme_owner", "register_keeper")
_ORGANISATIONS = ("holder", "issuer")


def with_full(seen: Seen, full: Certificate) -> Seen:
    """What a code says, and what its full certificate says beside it."""
    return seen._replace(full=full, edition=full.edition)


def _same_issuer(stated: Stated, key: Key, signer: str) -> bool:
    return stated.certificate.issuer.id == key.organisation and stated.issuer_did == signer


def _stopped(findings: list[Finding], form: Form, trust: Trust, on: date | None) -> Findings:
    return Findings(tuple(findings), None, form, trust.as_of, on)


def _seen_compact(token: CompactToken, trust: Trust) -> Seen:
    scheme = trust.schemes.get(token.scheme)
    issuer = trust.organisations.get(token.issuer)
    # The token has moments; the days they stand for are those where the scheme keeps its time.
    time_zone = scheme.time_zone if scheme else None
    return Seen(
        number=token.number,
        holder_name=token.holder_name,
        birth=token.birth,
        scheme=token.scheme,
        title=scheme.title if scheme else {},
        level=token.level,
        edition=None,
        issuer=token.issuer,
        issuer_name=issuer.name if issuer else token.issuer,
        not_before=token.not_before,
        expires=token.expires,
        valid_from=_first_day(token.not_before, time_zone),
        valid_until=_first_day(token.expires, time_zone) - timedelta(days=1) if token.expires else None,
        time_zone=time_zone or "UTC",
        status=token.status,
        restrictions=token.restrictions,
        scope_classes=token.scope_classes,
        log_index=token.log_index,
    )


def _first_day(midnight: datetime, time_zone: str | None) -> date:
    """The day that begins at a moment; where the zone is not known, the one that begins nearest to it.

    That is the right day for every zone within twelve hours of UTC.
    """
    return day_at(midnight, time_zone) if time_zone else day_at(midnight + timedelta(hours=12), "UTC")


def named(said: Certificate | OrganisationCertificate, trust: Trust) -> Certificate | OrganisationCertificate:
    """The certificate with every known organisation called what the registry calls it.

    An issuer signs the ids and the names beside them; a name of its own choice could pose as somebody else's.
    """
    names: dict[str, Party] = {}
    for fact in _ORGANISATIONS if isinstance(said, OrganisationCertificate) else _PARTIES:
        party: Party | None = getattr(said, fact)
        known = trust.organisations.get(party.id) if party else None
        if party is not None and known is not None and known.name != party.name:
            names[fact] = Party(id=party.id, name=known.name)
    return said.model_copy(update=names) if names else said


def _seen_full(said: Certificate | OrganisationCertificate) -> Seen:
    if isinstance(said, OrganisationCertificate):
        return _seen_of_organisation(said)
    return Seen(
        number=said.number,
        holder_name=said.holder_name,
        birth=said.birth_date or said.birth_year,
        scheme=said.scheme,
        title=said.title,
        level=said.level,
        edition=said.edition,
        issuer=said.issuer.id,
        issuer_name=said.issuer.name,
        not_before=start_of(said.valid_from, said.time_zone),
        expires=end_of(said.valid_until, said.time_zone) if said.valid_until else None,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        time_zone=said.time_zone,
        status=said.status,
        restrictions=said.restrictions,
        scope_classes=said.scope_classes,
        subject=said.subject,
        full=said,
    )


def _seen_of_organisation(said: OrganisationCertificate) -> Seen:
    return Seen(
        number=said.number,
        holder_name=said.holder.name,
        birth=None,
        scheme=said.scheme,
        title=said.title,
        level=said.level,
        edition=None,
        issuer=said.issuer.id,
        issuer_name=said.issuer.name,
        not_before=start_of(said.valid_from, said.time_zone),
        expires=end_of(said.valid_until, said.time_zone) if said.valid_until else None,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        time_zone=said.time_zone,
        status=said.status,
        restrictions=(),
        scope_classes=said.scope,
        subject="organisation",
        organisation=said,
    )


def _all_steps(  # noqa: PLR0913 what was found so far, of what, and what was asked
    early: list[Finding],
    seen: Seen,
    key: Key | AttestationKey,
    form: Form,
    asked: tuple[Trust, datetime, date | None],
    *,
    shown: tuple[str | None, LogProof | None] = (None, None),
    code: bytes | None = None,
) -> Findings:
    trust, now, on = asked
    if on is not None and on == day_at(now, seen.time_zone):
        on = None
    history = trust.events.get(seen.number, ())
    # Every history begins with the issue.
    issued = history[0].effective_from if history and history[0].kind == "issued" else None
    whole = seen.full or seen.organisation
    said_when = whole.issued_at if whole else None
    # The register's own record before what a signer wrote. The compact form does not say when it was issued;
    # its first day is the nearest that it says.
    known = issued or said_when
    signed_at = known or seen.not_before
    issue_day = day_at(signed_at, seen.time_zone) if known else seen.valid_from
    case = Case(
        seen=seen,
        key=key,
        trust=trust,
        now=now,
        on=on,
        history=history,
        signed_at=signed_at,
        signed_at_known=known is not None,
        issue_day=issue_day,
        trust_is_older=issue_day > day_at(trust.as_of, seen.time_zone),
        text=shown[0],
        proof=shown[1],
        changes=None if history or on is None else _changes(seen, trust, said_when),
        code=code,
    )
    signing_key, issuers_key = authority.signing_key(case), authority.issuers_key(case)
    # A stolen key signs as well as its owner: that the signature fits says nothing then.
    sound = signing_key.outcome != "failed" and all(one.outcome != "failed" for one in issuers_key)
    later = (
        Finding("signature_good" if sound else "signature_fits", "passed"),
        *standing.clock(case),
        signing_key,
        *issuers_key,
        *logged(case),
        *authority.entitled(case),
        standing.dates(case),
        standing.register(case),
        standing.status(case),
        *standing.status_age(case),
        *standing.ended_since(case),
        *stated(seen),
    )
    return Findings((*early, *later), seen, form, standing.known_as_of(case), case.on)


def _changes(seen: Seen, trust: Trust, issued_at: datetime | None) -> tuple[StatusEvent, ...] | None:
    """What a trust file with a history tells of it; None where it tells nothing, or not since when it was issued."""
    told, known = trust.history, trust.status_lists.get(seen.status.list)
    if told is None or known is None or seen.status.list not in told.changes:
        return None
    by = issued_at
    if by is None and seen.log_index is not None and len(trust.logs) == 1:
        by = told.there_by(seen.log_index)
    try:
        known.statuses.at(seen.status.index)
    except NotInList:
        return None
    if by is None:
        return None
    changed = told.changes[seen.status.list].get(seen.status.index, ())
    since = (StatusEvent(kind=one.kind, effective_from=one.effective_from, reason=one.reason) for one in changed)
    return (StatusEvent(kind="issued", effective_from=by), *since)


_READABLE = Finding("readable", "passed")
_NO_ADDRESS, _OUR_ADDRESS = Finding("address_none", "does_not_apply"), Finding("address_ours", "passed")


def address(base: str | None, trust: Trust) -> Finding:
    """Whose address the code names. Never followed; http or https is the network's affair."""
    if base is None:
        return _NO_ADDRESS
    host = base.split("//", 1)[-1].lower()
    return (
        _OUR_ADDRESS if host == trust.host.lower() else Finding("address_other", "could_not_check", {"address": host})
    )
