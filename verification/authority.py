"""Whether whoever signed was entitled to: keys, issuer, scheme, mandate, edition; as it was at issue."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from levels.level import Level
from levels.order import Order, editions
from verification.case import Case, rules_for
from verification.certificate import day_at, in_language
from verification.envelopes.cwt import code_digest
from verification.findings import Finding, Value
from verification.logged import proven_index
from verification.mandated import mandate_certificate
from verification.organisation_certificate import MandateTerms, OrganisationCertificate
from verification.trust import AttestationKey, Key, Mandate, Organisation, Scheme, Trust

_MOST_WORKED_OUT = 10_000


_GOOD = Finding("key_good", "passed")


def signing_key(case: Case) -> Finding:
    """Whether the key that signed was good when it did."""
    key, known = case.key, case.signed_at_known
    if key.compromised_since is not None:
        return _stolen(case, key, key.compromised_since)
    if isinstance(key, AttestationKey) and _is_too_late(case, key):
        return Finding("code_after_its_key", "failed")
    # An old certificate may be shown by a new code, so a code's key may be younger than the certificate.
    earliest = case.signed_at if isinstance(key, Key) else case.now
    if earliest < key.not_before or (key.retired_at is not None and case.signed_at > key.retired_at and known):
        return Finding("key_not_in_use", "failed", {"day": case.issue_day})
    if key.retired_at is not None and case.signed_at > key.retired_at:
        return Finding("key_time_unproven", "could_not_check", {"day": day_at(key.retired_at, case.seen.time_zone)})
    return _GOOD


def _stolen(case: Case, key: Key | AttestationKey, since: datetime) -> Finding:
    """Whether it was signed before somebody else had the key.

    Whoever has the key can write any date. Only what stood in the log before the theft stands, or what the register
    itself recorded by then; and a code says nothing of when it was made.
    """
    day = {"day": day_at(since, case.seen.time_zone)}
    if isinstance(key, AttestationKey):
        return (
            Finding("code_known", "passed", day) if _is_known(case, key) else Finding("key_compromised", "failed", day)
        )
    index = proven_index(case)
    if key.sound_below is not None and index is not None:
        return _GOOD if index < key.sound_below else Finding("issuer_key_compromised", "failed", day)
    if case.signed_at >= since:
        return Finding("issuer_key_compromised", "failed", day)
    recorded = any(event.kind == "issued" and event.effective_from < since for event in case.history)
    return _GOOD if recorded else Finding("key_time_unproven", "could_not_check", day)


def _is_known(case: Case, key: AttestationKey) -> bool:
    """Whether a code that anybody may have signed says just what one of the registry's would.

    The register was asked and agrees, or it is among those that the key may have signed truly: whoever forges one that
    says otherwise has to meet the 64 bits of the one place in the log that it names.
    """
    if case.seen.full is not None:
        return True
    index = proven_index(case)
    if key.survivors is None or index is None or case.code is None:
        return False
    return key.survivors.have(index, code_digest(case.code))


def _is_too_late(case: Case, key: AttestationKey) -> bool:
    """Whether it names an entry in the log that was not there yet when its key ended."""
    index = proven_index(case)
    return key.signs_below is not None and index is not None and index >= key.signs_below


def issuers_key(case: Case) -> tuple[Finding, ...]:
    """Behind a code stands the full certificate; the register knows which key signed that.

    What was signed with a stolen key is no better for having a code of ours.
    """
    if isinstance(case.key, Key):
        return ()
    if not case.history:
        return _perhaps_stolen(case)
    issued = case.history[0]
    if issued.kind != "issued" or issued.kid is None:
        return ()
    key = case.trust.key_of(case.seen.issuer, issued.kid)
    if key is None:
        return (Finding("key_unknown", "could_not_check"),)
    index, below = proven_index(case), key.sound_below
    late = issued.effective_from >= key.compromised_since if key.compromised_since is not None else False
    if key.compromised_since is not None and (late if index is None or below is None else index >= below):
        day = day_at(key.compromised_since, case.seen.time_zone)
        return (Finding("issuer_key_compromised", "failed", {"day": day}),)
    return ()


def _perhaps_stolen(case: Case) -> tuple[Finding, ...]:
    """A code does not tell which of the issuer's keys signed what stands behind it, nor when.

    It tells where that stands in the log, and the trust which places a stolen key has spoilt. Without either: where
    on its first day the issuer had no key but one that was stolen by then, only the register can tell.
    """
    first = case.seen.not_before
    if not case.trust.had_key_stolen(case.seen.issuer):
        return ()
    index, stolen_keys = (
        proven_index(case),
        [key for key in case.trust.keys_of(case.seen.issuer) if key.compromised_since],
    )
    if index is not None and all(key.sound_below is not None for key in stolen_keys):
        spoilt = [key.compromised_since for key in stolen_keys if key.spoils(index) and key.compromised_since]
        day = min((day_at(moment, case.seen.time_zone) for moment in spoilt), default=None)
        return () if day is None else (Finding("issuer_key_compromised", "failed", {"day": day}),)
    in_use = [
        key
        for key in case.trust.keys_of(case.seen.issuer)
        if key.not_before <= first and (key.retired_at is None or first < key.retired_at)
    ]
    stolen = [key.compromised_since for key in in_use if key.compromised_since and key.compromised_since <= first]
    if not stolen or len(stolen) < len(in_use):
        return ()
    return (Finding("key_time_unproven", "could_not_check", {"day": day_at(min(stolen), case.seen.time_zone)}),)


def entitled(case: Case) -> tuple[Finding, ...]:
    """Issuer, scheme, mandate and edition, as they were at issue.

    Many certificates come of one occasion, so each question is worked out once for a trust.
    """
    seen = case.seen
    if seen.level is None or seen.organisation is not None:
        return (*_organisations(case, seen.organisation), *_closed(case))
    asked = _Asked(
        seen.issuer,
        seen.scheme,
        seen.full.scheme_version if seen.full else None,
        seen.full.mandate if seen.full else None,
        seen.level,
        seen.edition,
        case.issue_day,
        case.trust_is_older,
        case.signed_at_known,
        seen.issuer_name,
        in_language(seen.title, "en"),
    )
    worked_out = case.trust.worked_out
    found: tuple[Finding, ...] | None = worked_out.get(asked)
    if found is None:
        if len(worked_out) >= _MOST_WORKED_OUT:
            worked_out.clear()
        found = (*_issuer(asked, case.trust), *_scheme_and_mandate(asked, case.trust), _edition(asked, case.trust))
        worked_out[asked] = found
    return (*found, *_closed(case))


def _closed(case: Case) -> Iterator[Finding]:
    """That the issuer has closed since, and what the scheme makes of it. The certificate is as genuine as it was."""
    issuer, scheme = case.trust.organisations.get(case.seen.issuer), case.trust.schemes.get(case.seen.scheme)
    day = case.on or day_at(case.now, case.seen.time_zone)
    if issuer is None or issuer.closed_on is None or day < issuer.closed_on:
        return
    params: dict[str, Value] = {"issuer": issuer.name, "day": issuer.closed_on}
    version = case.seen.full.scheme_version if case.seen.full else None
    then = scheme.on_closing(version) if scheme else "confirm"
    if then == "end":
        yield Finding("issuer_closed_ends", "failed", params)
    elif then == "confirm":
        yield Finding("issuer_closed_confirm", "could_not_check", params)
    else:
        yield Finding("issuer_closed", "does_not_apply", params)


class _Asked(NamedTuple):
    """All that whether somebody was entitled depends on, beside the trust."""

    issuer: str
    scheme: str
    version: str | None
    mandate: str | None
    level: Level
    edition: str | None
    day: date
    trust_is_older: bool
    time_is_known: bool
    issuer_name: str
    title: str


def _organisations(case: Case, said: OrganisationCertificate | None) -> Iterator[Finding]:
    """Of a certificate about an organisation: who says so, and of a mandate, whether the scheme is theirs to give."""
    seen, trust = case.seen, case.trust
    yield from _active((seen.issuer, seen.issuer_name), case.issue_day, trust, perhaps=not _known_by_then(case))
    if said is None or not isinstance(said.attests, MandateTerms):
        return
    scheme, title = trust.schemes.get(said.attests.scheme), in_language(seen.title, "en")
    owner = trust.organisations.get(scheme.owner) if scheme else None
    if scheme is None or owner is None:
        yield Finding("scheme_unknown", "could_not_check", {"scheme": title or seen.scheme})
        return
    yield Finding("scheme_known", "passed", {"scheme": scheme.title})
    rules = rules_for(None, case.issue_day)
    params: dict[str, Value] = {"issuer": seen.issuer_name, "owner": owner.name, "scheme": scheme.title}
    if scheme.owner != seen.issuer:
        yield Finding("mandate_not_owners", "failed", params)
    elif _capped(said.attests.max_level, owner, scheme, rules) is not said.attests.max_level:
        yield Finding("mandate_above_owner", "failed", {**params, "level": said.attests.max_level.value})
    else:
        yield Finding("mandate_owners", "passed", params)


def _known_by_then(case: Case) -> bool:
    return case.signed_at_known and not case.trust_is_older


def _issuer(asked: _Asked, trust: Trust) -> Iterator[Finding]:
    """Whether the issuer is known, and was active at issue."""
    perhaps = asked.trust_is_older or not asked.time_is_known
    yield from _active((asked.issuer, asked.issuer_name), asked.day, trust, perhaps=perhaps)


def _active(named: tuple[str, str], day: date, trust: Trust, *, perhaps: bool) -> Iterator[Finding]:
    """Whether an organisation, by its id and name, may act; perhaps: what is known may be older than that day."""
    issuer = trust.organisations.get(named[0])
    if issuer is None:
        yield Finding("issuer_unknown", "could_not_check", {"issuer": named[1]})
        return
    yield Finding("issuer_known", "passed", {"issuer": issuer.name})
    if issuer.active_on(day):
        yield Finding("issuer_active", "passed", {"issuer": issuer.name})
    elif perhaps:
        yield Finding("issuer_unknown", "could_not_check", {"issuer": issuer.name})
    else:
        yield Finding("issuer_inactive", "failed", {"issuer": issuer.name, "day": day})


def _scheme_and_mandate(asked: _Asked, trust: Trust) -> Iterator[Finding]:
    """Whether the scheme is known, and the issuer's mandate covered it."""
    scheme = trust.schemes.get(asked.scheme)
    if scheme is None or (asked.version is not None and asked.version not in scheme.versions):
        yield Finding("scheme_unknown", "could_not_check", {"scheme": asked.title or asked.scheme})
        yield Finding("mandate_unknown", "could_not_check", {"issuer": asked.issuer_name})
        return
    yield Finding("scheme_known", "passed", {"scheme": scheme.title})
    found = _mandate(asked, scheme, trust)
    yield found
    if found.outcome == "passed":
        behind = _behind(asked, scheme, trust)
        if behind is not None:
            yield behind


def _behind(asked: _Asked, scheme: Scheme, trust: Trust) -> Finding | None:
    """The certificate of the mandate that covers it: the one that it names, else the first that reaches as high."""
    rules = rules_for(asked.edition, asked.day)
    covering = [
        mandate
        for mandate in trust.mandates_of(asked.issuer, scheme.code)
        if mandate.holds_on(asked.day)
        and (asked.version is None or mandate.versions is None or asked.version in mandate.versions)
        and rules.rank(asked.level) >= rules.rank(mandate.max_level)
    ]
    named = [mandate for mandate in covering if mandate.id == asked.mandate] or covering
    return mandate_certificate(named[0], scheme.owner, trust) if named else None


def _mandate(asked: _Asked, scheme: Scheme, trust: Trust) -> Finding:
    """Whether the issuer might issue this, at this level, when it did."""
    day = asked.day
    rules = rules_for(asked.edition, day)
    owner = trust.organisations.get(scheme.owner)
    params: dict[str, Value] = {
        "issuer": asked.issuer_name,
        "owner": owner.name if owner else scheme.owner,
        "level": asked.level.value,
    }
    if asked.time_is_known:
        params["day"] = day
    if owner is None or asked.issuer not in trust.organisations:
        # Of an issuer that is not in this trust nothing is known, its mandates neither: not known is not refused.
        return Finding("mandate_unknown", "could_not_check", params)
    allowed = [rules.owner_ceiling] if asked.issuer == scheme.owner else []
    ever: list[Mandate] = [
        mandate
        for mandate in trust.mandates_of(asked.issuer, scheme.code)
        if asked.version is None or mandate.versions is None or asked.version in mandate.versions
    ]
    allowed += [mandate.max_level for mandate in ever if mandate.holds_on(day)]
    allowed = [_capped(level, owner, scheme, rules) for level in allowed]
    if any(rules.rank(asked.level) >= rules.rank(level) for level in allowed):
        return Finding("mandate_covers", "passed", params)
    once = any(
        rules.rank(asked.level) >= rules.rank(_capped(mandate.max_level, owner, scheme, rules)) for mandate in ever
    )
    if asked.trust_is_older or (once and not asked.time_is_known):
        # A code does not say when it was issued; its first day may lie before or after that.
        return Finding("mandate_unknown", "could_not_check", params)
    if allowed:
        highest = min(allowed, key=rules.rank)
        return Finding("mandate_level", "failed", {**params, "allowed": highest.value})
    gone = [mandate for mandate in ever if mandate.withdrawn_from is not None and mandate.withdrawn_from <= day]
    if gone:
        return Finding("mandate_withdrawn", "failed", {**params, "day": max(str(m.withdrawn_from) for m in gone)})
    return Finding("mandate_missing", "failed", params)


def _capped(level: Level, owner: Organisation, scheme: Scheme, rules: Order) -> Level:
    """How high a mandate reaches: not above its scheme, and to the top only where a sector body has given it."""
    if not owner.sector_body:
        level = rules.lower(level, rules.owner_ceiling)
    return rules.lower(level, scheme.max_level)


def _edition(asked: _Asked, trust: Trust) -> Finding:
    """Whether the edition of the rules it was assessed by is known."""
    edition = asked.edition
    if edition is None:
        return Finding("edition_not_stated", "does_not_apply")
    known = edition in editions() and edition in (trust.editions or editions())
    return Finding(
        "edition_known" if known else "edition_unknown", "passed" if known else "could_not_check", {"edition": edition}
    )
