"""A token, what is trusted, and a moment in; every finding out. Pure: no clock, no network, no verdict.

The steps: 1 read it · 2 whose address · 3 which key · 4 the signature · then, all of them, whatever each says:
5 clock · 6 the key when it signed · 7 issuer · 8 scheme · 9 mandate · 10 edition · 11 dates · 12 register ·
13 status · 14 level. Each code is explained in `texts/reasons.toml`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

from levels.level import Level
from levels.rulebook import NoSuchEdition, Rulebook, edition_on, editions, rulebook
from verification.certificate import (
    Certificate,
    Lang,
    MalformedCertificate,
    Party,
    Stated,
    StatusPlace,
    day_at,
    did_web,
    end_of,
    in_language,
    read_claims,
    start_of,
)
from verification.envelopes.cwt import CompactToken, MalformedCwt, OpenedCwt, compact_token, open_cwt, verify_cwt
from verification.envelopes.jws import MalformedJws, OpenedJws, open_jws, verify_jws
from verification.qr import MalformedQr, Scanned, unpack
from verification.status_list import NotInList, Status
from verification.trust import AttestationKey, Key, Mandate, Scheme, StatusEvent, Trust

Outcome = Literal["passed", "failed", "could_not_check", "does_not_apply"]
Form = Literal["compact", "full"]
Value = str | int | date | datetime | timedelta | Mapping[Lang, str]
CLOCK_SKEW = timedelta(minutes=5)
CERTIFICATE_TYPE = "vc+jwt"
_BLANKS = " \t\r\n"
_COSE_SIGN1 = b"\x84"  # an array of four: how a compact token begins, and no text
_WAS_SO_BEFORE = frozenset({"error", "fraud"})
_ENDED = ("annulled", "revoked", "withdrawn", "superseded", "suspended")  # the worst first


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one step: a stable code, and what fills its sentence (texts by language among it)."""

    code: str
    outcome: Outcome
    params: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the certificate says, as far as its form says it. Only with a good signature.

    birth    year or date, None = not stated
    edition  None where the form does not say it
    full     the whole certificate, where the form is the full one or the register was asked
    """

    number: str
    holder_name: str
    birth: int | date | None
    scheme: str
    title: Mapping[Lang, str]
    level: Level
    edition: str | None
    issuer: str
    issuer_name: str
    not_before: datetime
    expires: datetime | None
    time_zone: str
    status: StatusPlace
    restrictions: tuple[str, ...]
    scope_classes: tuple[str, ...]
    full: Certificate | None = None

    @property
    def valid_from(self) -> date:
        """First day it is valid."""
        return day_at(self.not_before, self.time_zone)

    @property
    def valid_until(self) -> date | None:
        """Last day it is valid; None = no end."""
        return day_at(self.expires - timedelta(seconds=1), self.time_zone) if self.expires else None


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found. known_as_of: the oldest knowledge the findings rest on; on: the day asked about."""

    findings: tuple[Finding, ...]
    certificate: Seen | None
    form: Form | None
    known_as_of: datetime
    on: date | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """One question with a good signature: what every later step looks at."""

    seen: Seen
    key: Key | AttestationKey
    trust: Trust
    now: datetime
    on: date | None
    history: tuple[StatusEvent, ...]
    signed_at: datetime
    signed_at_known: bool

    @property
    def scheme(self) -> Scheme | None:
        return self.trust.schemes.get(self.seen.scheme)

    @property
    def issue_day(self) -> date:
        return day_at(self.signed_at, self.seen.time_zone)

    @property
    def trust_is_older(self) -> bool:
        """What happened after the trust was made cannot be held against a certificate."""
        return self.issue_day > day_at(self.trust.as_of, self.seen.time_zone)


def verify(token: str | bytes, trust: Trust, now: datetime, on: date | None = None) -> Findings:
    """Everything that can be found about a token.

    token  a QR code's text, a verify address, its digits, or a `vc+jwt`; also as the bytes of a file
    now    the moment it is asked, with its time zone
    on     answer for that day instead of for now

    Never raises on a token. After a bad signature, or a key that is not known, nothing the token says is told.
    """
    try:
        scanned = _scanned(token)
        if scanned is not None:
            return _compact(scanned, trust, now, on)
        return _full(open_jws(_as_text(token), typ=CERTIFICATE_TYPE), trust, now, on)
    except (MalformedQr, MalformedCwt, MalformedJws):
        return Findings((Finding("unreadable", "could_not_check"),), None, None, trust.as_of, on)


def held_against_register(findings: Findings, kept: str | None, trust: Trust, now: datetime) -> Findings:
    """Compare what was shown with the certificate that the register keeps under its number.

    kept  the `vc+jwt` on record; None where there is none (then `not_registered` says so) or nobody was asked

    A stolen key can sign another name under a real number: that shows here, and only here. Where both agree, what
    the full certificate states beside the code's facts is known too.
    """
    seen = findings.certificate
    if seen is None or kept is None:
        return findings
    record = verify(kept, trust, now).certificate
    if record is None or record.full is None or record.number != seen.number:
        unreadable = Finding("register_unreadable", "could_not_check")
        return replace(findings, findings=(*findings.findings, unreadable))
    same = seen.full == record.full if seen.full else seen == _seen_compact(compact_token(record.full), trust)
    if not same:
        # As after a bad signature, nothing it says is told.
        return replace(findings, findings=(Finding("register_disagrees", "failed"),), certificate=None)
    return replace(
        findings,
        findings=(*findings.findings, Finding("register_agrees", "passed")),
        certificate=replace(seen, full=record.full, edition=record.full.edition),
    )


def about(number: str, findings: Findings) -> Findings:
    """The findings on the record of `number`, unless what is kept there speaks of another certificate."""
    seen = findings.certificate
    if seen is not None and seen.number == number:
        return findings
    # Whatever made it unreadable or put another in its place, it is the register's affair, not the holder's.
    unreadable = Finding("register_unreadable", "could_not_check")
    return replace(findings, findings=(unreadable,), certificate=None)


def _as_text(token: str | bytes) -> str:
    return (token if isinstance(token, str) else token.decode("ascii", "replace")).strip(_BLANKS)


def _scanned(token: str | bytes) -> Scanned | None:
    """The compact token in whatever carries it; None where it is none. Raises MalformedQr."""
    if isinstance(token, bytes) and token.startswith(_COSE_SIGN1):
        return Scanned(token, None)
    text = _as_text(token)
    return unpack(text) if text[:4].lower() == "http" or text.isdigit() else None


def number_in(token: str | bytes) -> str | None:
    """The number a token names, its signature **not** checked: only good for asking the register about it."""
    try:
        scanned = _scanned(token)
        if scanned is not None:
            return open_cwt(scanned.token).token.number
        return read_claims(open_jws(_as_text(token), typ=CERTIFICATE_TYPE).payload).certificate.number
    except (MalformedQr, MalformedCwt, MalformedJws, MalformedCertificate):
        return None


def rules_for(edition: str | None, day: date) -> Rulebook:
    """The edition named; else the one in force that day; else the first there is."""
    try:
        return rulebook(edition) if edition else edition_on(day)
    except NoSuchEdition:
        return rulebook(editions()[0])


def _compact(scanned: Scanned, trust: Trust, now: datetime, on: date | None) -> Findings:
    opened: OpenedCwt = open_cwt(scanned.token)
    early = [Finding("readable", "passed"), _host(scanned.base, trust)]
    key = trust.attestation_key(opened.kid)
    if key is None:
        return _stopped([*early, Finding("key_unknown", "could_not_check")], "compact", trust, on)
    if not verify_cwt(opened, key.public_key):
        return _stopped([Finding("signature_invalid", "failed")], "compact", trust, on)
    return _all_steps(early, _seen_compact(opened.token, trust), key, "compact", (trust, now, on))


def _full(opened: OpenedJws, trust: Trust, now: datetime, on: date | None) -> Findings:
    early = [Finding("readable", "passed")]
    key = trust.issuer_key(opened.kid)
    if key is None:
        return _stopped([*early, Finding("key_unknown", "could_not_check")], "full", trust, on)
    if not verify_jws(opened, key.public_key):
        return _stopped([Finding("signature_invalid", "failed")], "full", trust, on)
    try:
        stated = read_claims(opened.payload)
    except MalformedCertificate:
        return _stopped([*early, Finding("not_understood", "could_not_check")], "full", trust, on)
    early.append(_host(stated.public_url, trust))
    signer = did_web(trust.public_url, key.organisation)
    if not _same_issuer(stated, key, signer) or opened.header.get("iss", signer) != signer:
        return _stopped([Finding("key_of_other", "failed")], "full", trust, on)
    return _all_steps(early, _seen_full(_named(stated.certificate, trust)), key, "full", (trust, now, on))


def _same_issuer(stated: Stated, key: Key, signer: str) -> bool:
    return stated.certificate.issuer.id == key.organisation and stated.issuer_did == signer


def _stopped(findings: list[Finding], form: Form, trust: Trust, on: date | None) -> Findings:
    return Findings(tuple(findings), None, form, trust.as_of, on)


def _seen_compact(token: CompactToken, trust: Trust) -> Seen:
    scheme = trust.schemes.get(token.scheme)
    issuer = trust.organisations.get(token.issuer)
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
        # The token has moments; the days they stand for are those where the scheme keeps its time.
        time_zone=scheme.time_zone if scheme else "UTC",
        status=token.status,
        restrictions=token.restrictions,
        scope_classes=token.scope_classes,
    )


def _named(said: Certificate, trust: Trust) -> Certificate:
    """The certificate with every known organisation called what the registry calls it.

    An issuer signs the ids and the names beside them; a name of its own choice could pose as somebody else's.
    """
    names: dict[str, Party] = {}
    for fact in ("training_provider", "examination_body", "issuer", "scheme_owner", "register_keeper"):
        party: Party | None = getattr(said, fact)
        known = trust.organisations.get(party.id) if party else None
        if party is not None and known is not None and known.name != party.name:
            names[fact] = Party(id=party.id, name=known.name)
    return said.model_copy(update=names) if names else said


def _seen_full(said: Certificate) -> Seen:
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
        time_zone=said.time_zone,
        status=said.status,
        restrictions=said.restrictions,
        scope_classes=said.scope_classes,
        full=said,
    )


def _all_steps(
    early: list[Finding],
    seen: Seen,
    key: Key | AttestationKey,
    form: Form,
    asked: tuple[Trust, datetime, date | None],
) -> Findings:
    trust, now, on = asked
    if on == day_at(now, seen.time_zone):
        on = None
    history = trust.events.get(seen.number, ())
    issued = next((event.effective_from for event in history if event.kind == "issued"), None)
    said_when = seen.full.issued_at if seen.full else None
    case = _Case(
        seen=seen,
        key=key,
        trust=trust,
        now=now,
        on=on,
        history=history,
        # The register's own record before what a signer wrote. The compact form does not say when it was issued;
        # its first day is the nearest that it says.
        signed_at=issued or said_when or seen.not_before,
        signed_at_known=(said_when or issued) is not None,
    )
    later = [
        Finding("signature_good", "passed", {"registry": trust.public_url.split("//", 1)[1]}),
        *_clock(case),
        _key(case),
        *_issuers_key(case),
        *_issuer(case),
        *_scheme_and_mandate(case),
        _edition(case),
        _dates(case),
        _register(case),
        _status(case),
        *_ended_since(case),
        Finding("level_stated", "passed", {"level": seen.level.value}),
    ]
    return Findings((*early, *later), seen, form, _known_as_of(case), case.on)


def _host(base: str | None, trust: Trust) -> Finding:
    """Whose address the code names. Never followed; http or https is the network's affair."""
    if base is None:
        return Finding("address_none", "does_not_apply")
    address = base.split("//", 1)[-1]
    if address.lower() == trust.public_url.split("//", 1)[1].lower():
        return Finding("address_ours", "passed")
    return Finding("address_other", "could_not_check", {"address": address})


def _clock(case: _Case) -> Iterator[Finding]:
    """A clock that runs behind would keep an expired certificate alive."""
    if case.now + CLOCK_SKEW < max(case.trust.as_of, case.signed_at if case.signed_at_known else case.trust.as_of):
        yield Finding("clock_behind", "could_not_check")


def _key(case: _Case) -> Finding:
    key, known = case.key, case.signed_at_known
    if key.compromised_since is not None:
        day = day_at(key.compromised_since, case.seen.time_zone)
        # Whoever has the key can write any date. Only what the register itself recorded before the theft stands,
        # and a code says nothing of when it was made.
        recorded = any(
            event.kind == "issued" and event.effective_from < key.compromised_since for event in case.history
        )
        if isinstance(key, Key) and case.signed_at < key.compromised_since:
            if recorded:
                return Finding("key_good", "passed")
            return Finding("key_time_unproven", "could_not_check", {"day": day})
        code = "issuer_key_compromised" if isinstance(key, Key) else "key_compromised"
        return Finding(code, "failed", {"day": day})
    # An old certificate may be shown by a new code, so a code's key may be younger than the certificate.
    earliest = case.signed_at if isinstance(key, Key) else case.now
    if earliest < key.not_before or (key.retired_at is not None and case.signed_at > key.retired_at and known):
        return Finding("key_not_in_use", "failed", {"day": case.issue_day})
    if key.retired_at is not None and case.signed_at > key.retired_at:
        return Finding("key_time_unproven", "could_not_check", {"day": day_at(key.retired_at, case.seen.time_zone)})
    return Finding("key_good", "passed")


def _issuers_key(case: _Case) -> Iterator[Finding]:
    """Behind a code stands the full certificate; the register knows which key signed that.

    What was signed with a stolen key is no better for having a code of ours.
    """
    issued = next((event for event in case.history if event.kind == "issued"), None)
    if isinstance(case.key, Key) or issued is None or issued.kid is None:
        return
    key = case.trust.key_of(case.seen.issuer, issued.kid)
    if key is None:
        yield Finding("key_unknown", "could_not_check")
    elif key.compromised_since is not None and issued.effective_from >= key.compromised_since:
        yield Finding("issuer_key_compromised", "failed", {"day": day_at(key.compromised_since, case.seen.time_zone)})


def _issuer(case: _Case) -> Iterator[Finding]:
    issuer = case.trust.organisations.get(case.seen.issuer)
    if issuer is None:
        yield Finding("issuer_unknown", "could_not_check", {"issuer": case.seen.issuer_name})
        return
    yield Finding("issuer_known", "passed", {"issuer": issuer.name})
    if issuer.active_on(case.issue_day):
        yield Finding("issuer_active", "passed", {"issuer": issuer.name})
    elif case.trust_is_older:
        yield Finding("issuer_unknown", "could_not_check", {"issuer": issuer.name})
    else:
        yield Finding("issuer_inactive", "failed", {"issuer": issuer.name, "day": case.issue_day})


def _scheme_and_mandate(case: _Case) -> Iterator[Finding]:
    scheme, seen = case.scheme, case.seen
    version = seen.full.scheme_version if seen.full else None
    if scheme is None or (version is not None and version not in scheme.versions):
        yield Finding("scheme_unknown", "could_not_check", {"scheme": in_language(seen.title, "en") or seen.scheme})
        yield Finding("mandate_unknown", "could_not_check", {"issuer": seen.issuer_name})
        return
    yield Finding("scheme_known", "passed", {"scheme": scheme.title})
    yield _mandate(case, scheme, version)


def _mandate(case: _Case, scheme: Scheme, version: str | None) -> Finding:
    """Whether the issuer might issue this, at this level, when it did."""
    seen, day = case.seen, case.issue_day
    rules = rules_for(seen.edition, day)
    owner = case.trust.organisations.get(scheme.owner)
    params: dict[str, Value] = {
        "issuer": seen.issuer_name,
        "owner": owner.name if owner else scheme.owner,
        "level": seen.level.value,
        "day": day,
    }
    if owner is None:
        return Finding("mandate_unknown", "could_not_check", params)
    allowed: list[Level] = [rules.owner_ceiling] if seen.issuer == scheme.owner else []
    ever: list[Mandate] = [
        mandate
        for mandate in case.trust.mandates_of(seen.issuer, scheme.code)
        if version is None or mandate.versions is None or version in mandate.versions
    ]
    allowed += [mandate.max_level for mandate in ever if mandate.holds_on(day)]
    if not owner.sector_body:
        # Only a registered sector body's mandate reaches the highest level.
        allowed = [rules.lower(level, rules.owner_ceiling) for level in allowed]
    allowed = [rules.lower(level, scheme.max_level) for level in allowed]
    if any(rules.rank(seen.level) >= rules.rank(level) for level in allowed):
        return Finding("mandate_covers", "passed", params)
    if case.trust_is_older:
        return Finding("mandate_unknown", "could_not_check", params)
    if allowed:
        highest = min(allowed, key=rules.rank)
        return Finding("mandate_level", "failed", {**params, "allowed": highest.value})
    gone = [mandate for mandate in ever if mandate.withdrawn_from is not None and mandate.withdrawn_from <= day]
    if gone:
        return Finding("mandate_withdrawn", "failed", {**params, "day": max(str(m.withdrawn_from) for m in gone)})
    return Finding("mandate_missing", "failed", params)


def _edition(case: _Case) -> Finding:
    edition = case.seen.edition
    if edition is None:
        return Finding("edition_not_stated", "does_not_apply")
    known = edition in editions() and edition in (case.trust.editions or editions())
    return Finding(
        "edition_known" if known else "edition_unknown", "passed" if known else "could_not_check", {"edition": edition}
    )


def _dates(case: _Case) -> Finding:
    seen = case.seen
    at = case.now if case.on is None else start_of(case.on, seen.time_zone)
    if case.on is not None and case.signed_at_known and case.on < case.issue_day:
        # Nobody could rely on it before it was there, whatever day it was written to begin on.
        return Finding("not_issued_yet", "failed", {"day": case.issue_day})
    if at < seen.not_before:
        return Finding("not_yet_valid", "failed", {"day": seen.valid_from})
    if seen.valid_until is None or seen.expires is None:
        return Finding("in_force_no_end", "passed", {"from": seen.valid_from})
    if at >= seen.expires:
        return Finding("expired", "failed", {"day": seen.valid_until})
    return Finding("in_force", "passed", {"from": seen.valid_from, "day": seen.valid_until})


def _register(case: _Case) -> Finding:
    if case.seen.number not in case.trust.events:
        return Finding("register_not_asked", "does_not_apply")
    return Finding("registered", "passed") if case.history else Finding("not_registered", "could_not_check")


def _status(case: _Case) -> Finding:
    """The status now, or on the day asked about: the worse of what the list and the history say."""
    if case.on is not None:
        return _status_on(case, case.on)
    states = [state for state in (_recorded(case, case.now), _listed(case)) if state is not None]
    if not states:
        return Finding("status_unknown", "could_not_check")
    code, params = min(states, key=lambda state: _ENDED.index(state[0]) if state[0] in _ENDED else len(_ENDED))
    return Finding(code, "failed" if code in _ENDED else "passed", params)


def _status_on(case: _Case, on: date) -> Finding:
    if on > day_at(case.now, case.seen.time_zone):
        listed = _status_now_ended(case)
        return listed or Finding("status_future", "could_not_check", {"day": on})
    recorded = _recorded(case, end_of(on, case.seen.time_zone) - timedelta(seconds=1))
    if recorded is not None:
        code, params = recorded
        return Finding(code, "failed" if code in _ENDED else "passed", params)
    listed_now = _listed(case)
    # Nothing stands against it today, so nothing final has ever happened to it.
    if listed_now is not None and listed_now[0] == "not_withdrawn":
        return Finding("not_withdrawn", "passed")
    return Finding("status_history_unknown", "could_not_check", {"day": on})


def _ended_since(case: _Case) -> Iterator[Finding]:
    """For a day in the past: what has happened since. Fraud and error were there before anybody knew."""
    if case.on is None or not case.history:
        return
    then = _recorded(case, end_of(case.on, case.seen.time_zone) - timedelta(seconds=1))
    today = _recorded(case, case.now)
    if then is None or today is None or then[0] in _ENDED or today[0] != "revoked":
        return
    why = today[1].get("why")
    yield Finding("ended_since", "could_not_check" if why in _WAS_SO_BEFORE else "does_not_apply", today[1])


def _status_now_ended(case: _Case) -> Finding | None:
    """What has ended for good stays ended on every later day."""
    for state in (_recorded(case, case.now), _listed(case)):
        if state is not None and state[0] in _ENDED and state[0] != "suspended":
            return Finding(state[0], "failed", state[1])
    return None


_State = tuple[str, Mapping[str, Value]]


def _listed(case: _Case) -> _State | None:
    """What the status list says at the certificate's place; None where there is no such place."""
    known = case.trust.status_lists.get(case.seen.status.list)
    try:
        status = known.statuses.at(case.seen.status.index) if known else None
    except NotInList:
        status = None
    codes = {
        Status.VALID: "not_withdrawn",
        Status.WITHDRAWN: "withdrawn",
        Status.SUSPENDED: "suspended",
        Status.SUPERSEDED: "superseded",
    }
    return None if status is None or status not in set(Status) else (codes[Status(status)], {})


def _recorded(case: _Case, at: datetime) -> _State | None:
    """What the register's history says about a moment; None where it has none."""
    if not case.history:
        return None
    state: _State = ("not_withdrawn", {})
    for event in case.history:
        # Annulled means it never should have been: it holds for every day, also before.
        counts = event.effective_from <= (case.now if event.kind == "annulled" else at)
        if counts and (state[0] in {"not_withdrawn", "suspended"}):
            code = "not_withdrawn" if event.kind in {"issued", "reinstated"} else event.kind
            params: dict[str, Value] = {"day": day_at(event.effective_from, case.seen.time_zone)}
            state = (code, params | ({"why": event.reason} if event.reason else {})) if code in _ENDED else (code, {})
        elif counts and event.kind == "annulled":
            state = ("annulled", {"day": day_at(event.effective_from, case.seen.time_zone)})
    return state


def _known_as_of(case: _Case) -> datetime:
    """Old keys or an old list, whichever is older; a history comes with the trust itself."""
    known = case.trust.status_lists.get(case.seen.status.list)
    return case.trust.as_of if case.history or known is None else min(case.trust.as_of, known.issued_at)
