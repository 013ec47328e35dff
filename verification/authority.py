"""Whether whoever signed was entitled to: keys, issuer, scheme, mandate, edition; as it was at issue."""

from collections.abc import Iterator

from levels.rulebook import editions
from verification.case import Case, rules_for
from verification.certificate import day_at, in_language
from verification.findings import Finding, Value
from verification.trust import Key, Mandate, Scheme


def signing_key(case: Case) -> Finding:
    """Whether the key that signed was good when it did."""
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


def issuers_key(case: Case) -> Iterator[Finding]:
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


def issuer(case: Case) -> Iterator[Finding]:
    """Whether the issuer is known, and was active at issue."""
    issuer = case.trust.organisations.get(case.seen.issuer)
    if issuer is None:
        yield Finding("issuer_unknown", "could_not_check", {"issuer": case.seen.issuer_name})
        return
    yield Finding("issuer_known", "passed", {"issuer": issuer.name})
    if issuer.active_on(case.issue_day):
        yield Finding("issuer_active", "passed", {"issuer": issuer.name})
    elif case.trust_is_older or not case.signed_at_known:
        yield Finding("issuer_unknown", "could_not_check", {"issuer": issuer.name})
    else:
        yield Finding("issuer_inactive", "failed", {"issuer": issuer.name, "day": case.issue_day})


def scheme_and_mandate(case: Case) -> Iterator[Finding]:
    """Whether the scheme is known, and the issuer's mandate covered it."""
    scheme, seen = case.scheme, case.seen
    version = seen.full.scheme_version if seen.full else None
    if scheme is None or (version is not None and version not in scheme.versions):
        yield Finding("scheme_unknown", "could_not_check", {"scheme": in_language(seen.title, "en") or seen.scheme})
        yield Finding("mandate_unknown", "could_not_check", {"issuer": seen.issuer_name})
        return
    yield Finding("scheme_known", "passed", {"scheme": scheme.title})
    yield _mandate(case, scheme, version)


def _mandate(case: Case, scheme: Scheme, version: str | None) -> Finding:
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
    allowed = [rules.owner_ceiling] if seen.issuer == scheme.owner else []
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
    once = any(rules.rank(seen.level) >= rules.rank(mandate.max_level) for mandate in ever)
    if case.trust_is_older or (once and not case.signed_at_known):
        # A code does not say when it was issued; its first day may lie before or after that.
        return Finding("mandate_unknown", "could_not_check", params)
    if allowed:
        highest = min(allowed, key=rules.rank)
        return Finding("mandate_level", "failed", {**params, "allowed": highest.value})
    gone = [mandate for mandate in ever if mandate.withdrawn_from is not None and mandate.withdrawn_from <= day]
    if gone:
        return Finding("mandate_withdrawn", "failed", {**params, "day": max(str(m.withdrawn_from) for m in gone)})
    return Finding("mandate_missing", "failed", params)


def edition(case: Case) -> Finding:
    """Whether the edition of the rules it was assessed by is known."""
    edition = case.seen.edition
    if edition is None:
        return Finding("edition_not_stated", "does_not_apply")
    known = edition in editions() and edition in (case.trust.editions or editions())
    return Finding(
        "edition_known" if known else "edition_unknown", "passed" if known else "could_not_check", {"edition": edition}
    )
