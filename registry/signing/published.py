"""What the registry says in public of itself: the trust a verifier needs, DID documents and key sets."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

from levels.level import Level
from levels.order import editions
from registry.errors import CertificateNotFound, RecordDamaged, SigningKeyNotFound
from registry.records.issued.certificates import (
    CertificateEvent,
    Changed,
    IssuedCertificate,
    certificate_by_number,
    every_change,
    history,
    list_numbers,
)
from registry.records.issued.spoilt import Spoilt, spoilt_by
from registry.records.issued.survivors import surviving_codes
from registry.records.log.entries import place_of
from registry.records.log.heads import epochs, last_of_each_day, newest_head
from registry.records.mandates.mandates import Mandate as MandateRecord
from registry.records.mandates.mandates import mandates
from registry.records.parties.organisation_certificates import (
    CertificateOfOrganisation,
    Days,
    Happened,
    certificates_of_mandates,
    course_of,
    happened,
    history_of,
    organisation_certificate,
    organisation_certificates,
)
from registry.records.parties.organisations import organisation_by_slug, organisations
from registry.records.parties.seal_certificates import seal_roots, stolen_seals
from registry.records.parties.signing_keys import SigningKey, all_keys, key_by_kid, keys_of
from registry.records.sector.recognitions import Recognition as RecognitionRecord
from registry.records.sector.recognitions import recognitions
from registry.records.sector.scheme_document import edition_levels
from registry.records.sector.schemes import SchemeVersion, schemes
from registry.records.store.database import Database
from registry.signing.keys import Keyring
from registry.signing.root import ended_roots, root_key
from registry.signing.status import LIFETIME, TTL_SECONDS, rendered_list
from registry.signing.survivors import signed_below
from verification.certificate import LANGUAGES, Certificate, Lang, display_number, end_of, start_of
from verification.claims import MalformedCertificate, read_claims
from verification.did import did_document as did_document_of
from verification.did import jwks as jwks_of
from verification.envelopes.jws import MalformedJws, open_jws, verify_jws
from verification.organisation_certificate import OrganisationCertificate
from verification.organisation_claims import read_any_claims
from verification.presented import CERTIFICATE_TYPE
from verification.trust import (
    AttestationKey,
    Key,
    KnownCertificate,
    KnownList,
    KnownLog,
    LogAt,
    Mandate,
    Organisation,
    Recognition,
    Scheme,
    StatusChange,
    StatusEvent,
    StatusHistory,
    Survivors,
    Trust,
)
from verification.trust_file import seal_trust


def build_trust(  # noqa: PLR0913 whose, when, and how much of it
    db: Database,
    public_url: str,
    now: datetime,
    *,
    asked: Iterable[str] = (),
    lists: Iterable[int] | None = None,
    history: bool = False,
    survivors: bool = False,
) -> Trust:
    """All that a verifier needs, as it is now.

    asked      numbers of certificates whose history is wanted too; one that is not here has an empty history
    lists      the status lists wanted; None = all there are
    history    whether what has happened to all certificates is wanted, told by their places in those lists
    survivors  whether what survives stolen keys for codes is wanted: who can ask the register needs it not
    """
    known = {
        number: KnownList(
            statuses=rendered_list(db, number, now), issued_at=now, ttl=TTL_SECONDS, expires_at=now + LIFETIME
        )
        for number in (list_numbers(db) if lists is None else sorted(set(lists)))
    }
    keys = all_keys(db)
    behind, granted = known_certificates(db)
    return Trust(
        as_of=now,
        public_url=public_url,
        organisations={
            each.slug: Organisation(
                id=each.slug,
                name=each.name,
                registered_on=each.registered_on,
                struck_off_on=each.struck_off_on,
                closed_on=each.closed_on,
                sector_body=each.sector_body,
            )
            for each in organisations(db)
            if each.kind != "person"  # who owns what is nobody's business at a gate
        },
        keys=tuple(_key(key, spoilt_by(db, key)) for key in keys if key.organisation is not None),
        attestation_keys=tuple(
            _code_key(db, key, now, survivors=survivors) for key in keys if key.purpose == "attestation"
        ),
        status_keys=tuple(_own_key(key) for key in keys if key.purpose == "status"),
        schemes=_schemes(schemes(db), now),
        mandates=tuple(mandate for record in mandates(db) for mandate in _spans(record, behind.get(record.public_id))),
        certificates=granted,
        recognitions=known_recognitions(db),
        status_lists=known,
        editions=editions(),
        seal_roots=tuple(seal_roots(db)),
        stolen_seals=tuple(sha256(each).hexdigest() for each in stolen_seals(db)),
        logs=known_logs(db),
        events={number: events_of(db, number) for number in asked},
        history=status_history(db, known) if history else None,
    )


def status_history(db: Database, lists: Iterable[int]) -> StatusHistory:
    """What has happened to every certificate in these status lists; it names none of them."""
    changes: dict[int, dict[int, list[StatusChange]]] = {number: {} for number in lists}
    for one in every_change(db):
        if one.list_number in changes:
            change = StatusChange.model_construct(
                kind=one.kind, effective_from=_counts_from(one, one.time_zone), reason=one.reason
            )
            changes[one.list_number].setdefault(one.list_index, []).append(change)
    for row in organisation_certificates(db):
        told = changes_of(map(happened, history_of(db, row)), row.time_zone)
        if told and row.status_list in changes:
            changes[row.status_list][row.status_index] = [
                StatusChange(kind=event.kind, effective_from=event.effective_from, reason=event.reason)
                for event in told
                if event.kind != "issued"
            ]
    every = epochs(db)
    logged = last_of_each_day(db, every[0].number) if len(every) == 1 else ()
    return StatusHistory(
        changes={number: {place: tuple(told) for place, told in each.items()} for number, each in changes.items()},
        logged=tuple(LogAt(size=size, at=at) for size, at in logged),
    )


def signed_trust(
    db: Database, keyring: Keyring, public_url: str, now: datetime, *, history: bool = False
) -> tuple[Trust, bytes]:
    """All that a verifier needs, and the file that says it, signed with the root key. Raises NoSigningKey."""
    trust = build_trust(db, public_url, now, history=history, survivors=True)
    trust = trust.model_copy(update={"ended_roots": ended_roots(db, keyring, public_url)})
    signer = keyring.root_signer(db, now)
    return trust, seal_trust(trust, root_key(public_url, signer.public()), signer)


def known_logs(db: Database) -> tuple[KnownLog, ...]:
    """The registry's logs, the one that is written to last."""
    every = epochs(db)
    return tuple(
        KnownLog(
            origin=epoch.origin,
            public_key=key_by_kid(db, epoch.kid).public_key,
            closed_at=None if epoch is every[-1] else _size_of(db, epoch.number),
        )
        for epoch in every
    )


def _size_of(db: Database, epoch: int) -> int:
    head = newest_head(db, epoch)
    return head.size if head else 0


def did_document(db: Database, public_url: str, slug: str | None) -> dict[str, Any]:
    """The did:web document of an organisation, or of the registry (None). Raises OrganisationNotFound."""
    return did_document_of(public_url, slug, _published_keys(db, slug))


def jwks(db: Database, public_url: str, slug: str | None) -> dict[str, Any]:
    """The key set of an organisation, or of the registry (None), retired keys included. Raises OrganisationNotFound."""
    return jwks_of(public_url, slug, _published_keys(db, slug))


def _published_keys(db: Database, slug: str | None) -> list[Key | AttestationKey]:
    if slug is None:
        # The key of a log signs checkpoints alone and is published with it; the root key is told by word of mouth.
        return [_own_key(key) for key in keys_of(db, None) if key.purpose in {"attestation", "status"}]
    organisation_by_slug(db, slug)
    return [_key(key, None) for key in keys_of(db, slug)]


def _key(key: SigningKey, spoilt: Spoilt | None) -> Key:
    return Key(
        kid=key.kid,
        organisation=key.organisation or "",
        public_key=key.public_key,
        not_before=key.not_before,
        retired_at=key.retired_at,
        compromised_since=key.compromised_since,
        sound_below=None if spoilt is None else spoilt.sound_below,
        spoilt=() if spoilt is None else spoilt.spans,
    )


def _own_key(key: SigningKey) -> AttestationKey:
    # That it will sign no more after its last day is known from its first.
    ends = [moment for moment in (key.retired_at, key.not_after) if moment is not None]
    return AttestationKey(
        kid=key.kid,
        public_key=key.public_key,
        not_before=key.not_before,
        retired_at=min(ends, default=None),
        compromised_since=key.compromised_since,
    )


def _code_key(db: Database, key: SigningKey, now: datetime, *, survivors: bool) -> AttestationKey:
    found = surviving_codes(db, key.kid) if survivors and key.compromised_since is not None else None
    spans = () if found is None else tuple((first, last) for first, last in found.spans)
    more = {
        "signs_below": signed_below(db, key, now),
        "survivors": None if found is None else Survivors(spans=spans, digests=found.digests),
    }
    return _own_key(key).model_copy(update=more)


def _schemes(versions: Sequence[SchemeVersion], now: datetime) -> Mapping[str, Scheme]:
    """By code, from versions of which the newest of each code comes first."""
    found: dict[str, Scheme] = {}
    order = edition_levels(now.date())
    for version in versions:
        former = found.get(version.code)
        if former is None:
            found[version.code] = Scheme(
                code=version.code,
                owner=version.owner,
                title=_title(version),
                max_level=Level(version.max_level),
                time_zone=version.document["time_zone"],
                versions=(version.version,),
                closing=_closing(version),
            )
        else:
            highest = min(former.max_level, Level(version.max_level), key=order.index)
            found[version.code] = former.model_copy(
                update={
                    "versions": (*former.versions, version.version),
                    "max_level": highest,
                    "closing": {**former.closing, **_closing(version)},
                }
            )
    return found


_ON_CLOSING: Mapping[str, Literal["confirm", "end"]] = {"confirm": "confirm", "end": "end"}


def _closing(version: SchemeVersion) -> Mapping[str, Literal["confirm", "end"]]:
    """What becomes of its certificates when their issuer closes, if not nothing."""
    then = _ON_CLOSING.get(str(version.document.get("on_issuer_closing")))
    return {version.version: then} if then else {}


def known_certificates(db: Database) -> tuple[Mapping[str, str], Mapping[str, KnownCertificate]]:
    """The numbers of the certificates behind mandates, by mandate; and those certificates as they were signed."""
    rows = certificates_of_mandates(db)
    signed = {number: KnownCertificate(vc_jwt=text, log_index=index) for _, number, text, index in rows}
    return {mandate: number for mandate, number, _, _ in rows}, signed


def _spans(record: MandateRecord, certificate: str | None) -> Iterable[Mandate]:
    """A mandate as one span of days, or several where suspensions part it."""
    day, spans, since = timedelta(days=1), list[Days](), record.since
    for first, last in record.span.suspended:
        # The calendar has no day before its first and none after its last.
        if since < first:
            spans.append((since, min(filter(None, (record.until, first - day)))))
        if last is None or last == date.max:
            break
        since = max(since, last + day)
    else:
        spans.append((since, record.until))
    for since, until in spans:
        if until is None or since <= until:
            yield Mandate(
                id=record.public_id,
                issuer=record.issuer,
                scheme=record.scheme,
                versions=None if record.versions is None else tuple(record.versions),
                max_level=Level(record.max_level),
                since=since,
                until=until,
                withdrawn_from=record.withdrawn_from,
                certificate=certificate,
            )


def known_recognitions(db: Database) -> tuple[Recognition, ...]:
    """Which schemes accept, or accepted, which others' certificates, and on which terms."""
    return tuple(_recognition(record) for record in recognitions(db))


def _recognition(record: RecognitionRecord) -> Recognition:
    return Recognition(
        id=record.public_id,
        scheme=record.scheme,
        accepts=record.accepts,
        versions=None if record.versions is None else tuple(record.versions),
        min_level=None if record.min_level is None else Level(record.min_level),
        issued_from=record.issued_from,
        issued_until=record.issued_until,
        accepted_from=record.accepted_from,
        accepted_until=record.accepted_until,
        required_classes=tuple(record.required_classes),
        class_map=record.class_map,
        condition=None if record.condition is None else {lang: record.condition[lang] for lang in LANGUAGES},
        withdrawn_from=record.withdrawn_from,
    )


def events_of(db: Database, number: str) -> tuple[StatusEvent, ...]:
    """The history of a certificate, oldest first; empty where there is no such certificate."""
    try:
        certificate = certificate_by_number(db, number)
    except CertificateNotFound:
        return _events_about_organisation(db, number)
    return tuple(
        StatusEvent(
            kind=event.kind,
            effective_from=_counts_from(event, certificate.time_zone),
            reason=event.reason,
            kid=certificate.kid if event.kind == "issued" else None,
            successor=event.successor,
            log_index=_index_of(db, event.id) if event.kind == "issued" else None,
        )
        for event in history(db, certificate)
    )


def _events_about_organisation(db: Database, number: str) -> tuple[StatusEvent, ...]:
    try:
        row = organisation_certificate(db, number)
    except CertificateNotFound:
        return ()
    events = history_of(db, row)
    issued = StatusEvent(kind="issued", effective_from=events[0].at, kid=row.kid, log_index=_index_of(db, events[0].id))
    return (issued, *changes_of(map(happened, events), row.time_zone))


def changes_of(events: Iterable[Happened], time_zone: str) -> tuple[StatusEvent, ...]:
    """What decisions about a certificate of an organisation come to, in the order of the days they are about."""
    course = course_of(date.min, None, events)
    told: list[StatusEvent] = []
    for first, last in course.suspended:
        told.append(StatusEvent(kind="suspended", effective_from=start_of(first, time_zone)))
        if last is not None:
            told.append(StatusEvent(kind="reinstated", effective_from=end_of(last, time_zone)))
    told += [
        StatusEvent(
            kind=kind,
            effective_from=start_of(event.from_day, time_zone),
            reason=event.reason,
            successor=event.successor,
        )
        for kind, event in course.ends.items()
    ]
    return tuple(sorted(told, key=lambda event: event.effective_from))


def _counts_from(event: CertificateEvent | Changed, time_zone: str) -> datetime:
    """What is annulled was void from its first day; all else counts from the moment it was done."""
    return start_of(event.effective_from, time_zone) if event.kind == "annulled" else event.at


def _index_of(db: Database, event: UUID) -> int | None:
    place = place_of(db, event)
    return None if place is None else place.log_index


def _title(version: SchemeVersion) -> Mapping[Lang, str]:
    return {language: version.titles[language] for language in LANGUAGES}


def as_signed(db: Database, row: IssuedCertificate) -> Certificate:
    """What the issuer signed under this number. Raises RecordDamaged if the record no longer shows that."""
    try:
        return signed_with(row, key_by_kid(db, row.kid))
    except SigningKeyNotFound:
        return signed_with(row, None)


def organisation_as_signed(row: CertificateOfOrganisation, key: SigningKey | None) -> OrganisationCertificate:
    """What was signed of an organisation, with the key that the record names. Raises RecordDamaged, as above."""
    damaged = RecordDamaged(f"what is on record of {display_number(row.number)} is not what its issuer signed")
    try:
        opened = open_jws(row.vc_jwt, typ=CERTIFICATE_TYPE)
        said = read_any_claims(opened.payload).certificate
    except (MalformedJws, MalformedCertificate) as fault:
        raise damaged from fault
    if key is None or key.organisation != row.issuer or not verify_jws(opened, key.public_key):
        raise damaged
    if not isinstance(said, OrganisationCertificate) or said != row.says() or said.number != row.number:
        raise damaged
    return said


def signed_with(row: IssuedCertificate, key: SigningKey | None) -> Certificate:
    """The same with the key at hand that the record names; None where there is none of that name."""
    damaged = RecordDamaged(f"what is on record of {display_number(row.number)} is not what its issuer signed")
    try:
        opened = open_jws(row.vc_jwt, typ=CERTIFICATE_TYPE)
        if key is None or key.organisation != row.issuer or not verify_jws(opened, key.public_key):
            raise damaged
        certificate = read_claims(opened.payload).certificate
    except (MalformedJws, MalformedCertificate) as fault:
        raise damaged from fault
    if not isinstance(certificate, Certificate) or certificate.number != row.number:
        raise damaged
    return certificate
