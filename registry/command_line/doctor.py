"""`bevis doctor`: is everything as it should be, and what to do where it is not."""

import stat
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import typer

from registry.command_line import doctor_people
from registry.command_line.doctor_files import GROUP_AND_OTHERS, key_file_fault
from registry.command_line.place import Dir, index_key_file, keyring_of, master_key_file, registry_at
from registry.command_line.screen import (
    NEGATIVE,
    AsJson,
    Lang,
    Language,
    language,
    now,
    show,
    show_json,
    show_table,
    words,
)
from registry.errors import RecordDamaged, Refusal
from registry.records.accreditation.applications import state_mismatches as accreditation_mismatches
from registry.records.actors.approvals import approval_mismatches
from registry.records.issued.amendments import occasion_mismatches
from registry.records.issued.certificates import IssuedCertificate, certificates, every_certificate, state_mismatches
from registry.records.issued.reports import open_reports
from registry.records.mandates.mandate_events import mandate_mismatches
from registry.records.parties.organisation_certificates import CertificateOfOrganisation, organisation_certificates
from registry.records.parties.signing_keys import SigningKey, all_keys, key_that_signs, key_to_come
from registry.records.sector.recognitions import recognition_mismatches
from registry.records.sector.schemes import scheme_mismatches
from registry.records.store.database import Database
from registry.records.store.kept_once import damaged_texts
from registry.records.whole.directory import Registry
from registry.records.whole.examination import damage, examine_database, wrong_version
from registry.signing.backup import last_backup
from registry.signing.log.state import GOES_ON, log_state
from registry.signing.published import organisation_as_signed, signed_with
from registry.signing.root import root_key, stolen_roots
from verification.certificate import display_number
from verification.organisation_certificate import MandateTerms

CLOCK_SKEW = timedelta(minutes=5)
RENEW_BEFORE = timedelta(days=14)
SHOWN = 5  # how many of many are named


class Finding(NamedTuple):
    """One check; `problem` says what to do, None where all is well. `notice` is worth knowing all the same."""

    check: str
    problem: str | None
    notice: str | None = None


def doctor(directory: Dir = None, as_json: AsJson = False, lang: Language = None) -> None:
    """Check that all is well. Directory, database, master key, keys, states, clock; changes nothing."""
    tongue = language(lang)
    with registry_at(directory, checked=False) as registry:
        findings = list(examine(registry, now(), tongue))
    problems = [finding for finding in findings if finding.problem]
    if as_json:
        checks = [
            {"check": one.check, "ok": one.problem is None, "says": one.problem or one.notice} for one in findings
        ]
        show_json({"ok": not problems, "checks": checks})
    else:
        good, bad = words(tongue, "doctor_ok"), words(tongue, "doctor_problem")
        rows = [
            (words(tongue, f"check_{one.check}"), bad if one.problem else good, one.problem or one.notice or "")
            for one in findings
        ]
        show_table(
            tongue, ("col_check", "col_outcome", "col_why_doctor"), rows, styles={good: "green", bad: "bold red"}
        )
        show(words(tongue, "doctor_ill", number=len(problems)) if problems else words(tongue, "doctor_well"), "bold")
    if problems:
        raise typer.Exit(NEGATIVE)


def examine(registry: Registry, at: datetime, lang: Lang) -> Iterator[Finding]:
    """Every check, in the order in which one would mend things."""
    yield _finding("directory", lang, _directory(registry.directory), dir=registry.directory)
    broken = damage(registry)
    yield _finding("database", lang, broken, where=registry.address)
    other = None if broken else wrong_version(registry)
    yield _finding("tables", lang, other)
    problem = key_file_fault(master_key_file(registry))
    yield _of_key_file("master_key", lang, problem, master_key_file(registry))
    if broken or other:
        return  # nothing more can be read
    for one in examine_database(registry):
        notice = words(lang, one.notice[0], **one.notice[1]) if one.notice else None
        yield _finding(one.check, lang, one.problem)._replace(notice=notice)
    if not problem:  # else nothing can be opened, whatever it is
        yield _finding("keys", lang, _keys(registry, at), file=master_key_file(registry))
    with registry.reading() as db:
        found = doctor_people.index_key(registry, db, master=not problem)
        yield _of_key_file("index_key", lang, found, index_key_file(registry))
        if not found and not problem:
            yield _finding("sealed", lang, doctor_people.unsound(registry, db, SHOWN))
        wrong = [display_number(number) for number in state_mismatches(db)]
        wrong += [*mandate_mismatches(db), *recognition_mismatches(db), *scheme_mismatches(db)]
        wrong += [*occasion_mismatches(db), *approval_mismatches(db), *accreditation_mismatches(db)]
        yield _finding("states", lang, ", ".join(wrong[:SHOWN]) + (" …" if len(wrong) > SHOWN else ""))
        keys = {key.kid: key for key in all_keys(db)}
        spoilt = set(damaged_texts(db))
        damaged = [display_number(row.number) for row in every_certificate(db) if not _as_issued(row, keys, spoilt)]
        damaged += [display_number(row.number) for row in organisation_certificates(db) if not _as_granted(row, keys)]
        damaged = damaged or sorted(spoilt)  # what nothing was issued on
        yield _finding("records", lang, ", ".join(damaged[:SHOWN]) + (" …" if len(damaged) > SHOWN else ""))
        latest = max((*(key.recorded_at for key in all_keys(db)), *_issued_last(db)), default=at)
        behind = latest > at + CLOCK_SKEW
        yield _finding("clock", lang, "behind" if behind else None, now=_minute(at), latest=_minute(latest))
        standing = log_state(db, registry.head_file, at).standing
        still = standing not in GOES_ON
        yield Finding("log", words(lang, f"log_{standing.value}", file=registry.head_file) if still else None)
        known = last_backup(registry)
        told = ("doctor_backup", {"at": _minute(known[0]), "place": known[1]}) if known else ("doctor_no_backup", {})
        yield Finding("backup", None, words(lang, told[0], **told[1]))
        key = key_that_signs(db, "attestation", None, at)
        ending = key is None or (key.not_after is not None and key.not_after - at < RENEW_BEFORE)
        old = ending and key_to_come(db, "attestation", at) is None
        yield _finding("attestation", lang, "old" if old else None)
        yield from _root(db, registry, at, lang)
        number, oldest = open_reports(db)
        if oldest is not None:
            yield Finding("reports", None, words(lang, "doctor_reports", number=number, oldest=_minute(oldest)))


def _root(db: Database, registry: Registry, at: datetime, lang: Lang) -> Iterator[Finding]:
    """Where a root key was stolen: that nobody here can see whether all verifiers have the new one."""
    stolen, now_signs = stolen_roots(db), key_that_signs(db, "root", None, at)
    if stolen and now_signs is not None:
        key, since = stolen[0]
        root = root_key(registry.public_url, now_signs.public_key).text
        told = {"kid": key.kid, "moment": _minute(since), "root": root}
        yield Finding("root", None, words(lang, "doctor_root_stolen", **told))


def _finding(check: str, lang: Lang, found: str | None, **params: object) -> Finding:
    # What was found may be a sentence; it stands inside one, which has its own end.
    return Finding(check, words(lang, f"check_{check}_do", found=found.rstrip("."), **params) if found else None)


def _of_key_file(check: str, lang: Lang, fault: str | None, file: Path) -> Finding:
    return Finding(check, words(lang, f"check_{check}_{fault}", file=file) if fault else None)


def _directory(directory: Path) -> str | None:
    return "open" if stat.S_IMODE(directory.stat().st_mode) & GROUP_AND_OTHERS else None


def _keys(registry: Registry, at: datetime) -> str | None:
    """Open every key that may still sign."""
    try:
        keyring = keyring_of(registry)
        with registry.reading() as db:
            keyring.check(db)
            for key in all_keys(db):
                if key.organisation is not None and key.signs_at(at) and not key.held_by_owner:
                    keyring.organisation_signer(db, key.organisation, at)
    except Refusal as refusal:
        return str(refusal)
    return None


def _as_granted(row: CertificateOfOrganisation, keys: Mapping[str, SigningKey]) -> bool:
    """Whether every column of a certificate about an organisation says what was signed."""
    try:
        signed = organisation_as_signed(row, keys.get(row.kid))
    except (RecordDamaged, ValueError):
        return False
    return (
        *(signed.holder.id, signed.issuer.id, signed.attests.kind, signed.time_zone, signed.replaces),
        *(signed.valid_from, signed.valid_until, signed.status.list, signed.status.index),
        signed.attests.mandate if isinstance(signed.attests, MandateTerms) else None,
    ) == (
        *(row.holder, row.issuer, row.kind, row.time_zone, row.replaces),
        *(row.valid_from, row.valid_until, row.status_list, row.status_index),
        row.mandate,
    )


def _as_issued(row: IssuedCertificate, keys: Mapping[str, SigningKey], spoilt: Collection[str]) -> bool:
    """Whether every column says what the issuer signed; spoilt: digests of what is not what was kept."""
    if row.evidence in spoilt or row.assessment in spoilt:
        return False
    try:
        signed = signed_with(row, keys.get(row.kid))
        return signed == row.certificate() and (
            signed.scheme,
            signed.scheme_version,
            signed.level,
            signed.edition,
            signed.issuer.id,
            signed.holder_name,
            signed.valid_from,
            signed.valid_until,
            signed.issued_at,
            signed.status.list,
            signed.status.index,
            signed.time_zone,
        ) == (
            row.scheme,
            row.scheme_version,
            row.level,
            row.edition,
            row.issuer,
            row.holder_name,
            row.valid_from,
            row.valid_until,
            row.issued_at,
            row.status_list,
            row.status_index,
            row.time_zone,
        )
    except (RecordDamaged, ValueError):  # a ValueError: facts that cannot be read at all
        return False


def _issued_last(db: Database) -> Iterator[datetime]:
    yield from (row.issued_at for row in certificates(db, limit=1))


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
