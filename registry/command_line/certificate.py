"""`bevis certificate`: look one up, show its QR code, hand it out, withdraw it."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from registry.command_line.place import Actor, Dir, keyring_of, permitted, registry_at
from registry.command_line.screen import (
    AsJson,
    Lang,
    Language,
    actor,
    in_short,
    language,
    now,
    one_of,
    show,
    show_json,
    show_raw,
    show_table,
    words,
)
from registry.errors import MalformedInput
from registry.issuing.changes import REASONS
from registry.issuing.documents import compact_token, qr_png, qr_svg, qr_text
from registry.issuing.withdraw import annul, reinstate, revoke, supersede, suspend
from registry.reading.national_number import holds_national_number
from registry.records.certificates import IssuedCertificate, certificate_by_number, certificates, history
from registry.records.database import Database
from registry.records.directory import Registry
from registry.records.occasions import occasion_by_id
from verification.certificate import MalformedNumber, day_at, display_number, parse_number

commands = typer.Typer(help="Issued certificates: list, show, QR code, export, withdraw.", no_args_is_help=True)

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="XXXX-XXXX-XXXX-XXXX")]
Output = Annotated[str | None, typer.Option("--output", "-o", help="The file to write.")]
WhySuspend = Annotated[str, typer.Option("--reason", help=", ".join(REASONS["suspended"]))]
WhyReinstate = Annotated[str, typer.Option("--reason", help=", ".join(REASONS["reinstated"]))]
WhyRevoke = Annotated[str, typer.Option("--reason", help=", ".join(REASONS["revoked"]))]
WhyAnnul = Annotated[str, typer.Option("--reason", help=", ".join(REASONS["annulled"]))]
Note = Annotated[str | None, typer.Option("--note", help="What is to be kept on record about it.")]
STATE_STYLES = {
    "valid": "green",
    "not_yet_valid": "yellow",
    "expired": "yellow",
    "suspended": "red",
    "revoked": "red",
    "annulled": "red",
    "superseded": "red",
}


@commands.command("list")
def list_(
    occasion: Annotated[str | None, typer.Option("--occasion", help="Only those of this occasion.")] = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """All certificates, the newest first."""
    with registry_at(directory) as registry, registry.reading() as db:
        found = listed(db, now(), occasion=occasion)
    if as_json:
        show_json(found)
        return
    columns = ("col_number", "col_scheme", "col_level", "col_holder", "col_state", "col_until")
    tongue = language(lang)
    rows = [list((one | {"state": words(tongue, f"state_{one['state']}")}).values()) for one in found]
    styles = {words(tongue, f"state_{state}"): style for state, style in STATE_STYLES.items()}
    show_table(tongue, columns, rows, styles=styles, fixed=columns[:2])


def listed(db: Database, at: datetime, *, occasion: str | None = None) -> list[dict[str, Any]]:
    """The certificates on record with the state each has at that moment."""
    only = occasion_by_id(db, occasion).id if occasion else None
    return [
        {
            "number": display_number(row.number),
            "scheme": row.scheme,
            "level": row.level,
            "holder": row.holder_name,
            "state": state_of(row, at),
            "valid_until": row.valid_until,
        }
        for row in certificates(db, occasion=only)
    ]


def state_of(row: IssuedCertificate, at: datetime) -> str:
    """valid, not_yet_valid, expired, suspended, revoked, annulled or superseded, as of that moment."""
    day = day_at(at, row.time_zone)
    state = row.state_on(day)
    if state == "issued":
        return "valid" if row.valid_from <= day else "not_yet_valid"
    return state


def number_in(text: str) -> str:
    """A number as people type it. Raises MalformedInput."""
    try:
        return parse_number(text)
    except MalformedNumber as fault:
        # What was typed is not repeated: it may be somebody's national identity number.
        raise MalformedInput([("NUMBER", f"that is no certificate number: {fault}")]) from fault


def note_in(text: str | None) -> str | None:
    """A note that may be kept. Raises MalformedInput."""
    if text is not None and holds_national_number(text):
        says = "a national identity number seems to stand here; take it out, it may not be kept on record"
        raise MalformedInput([("--note", says)])
    return text


@commands.command("show")
def show_(number: Number, directory: Dir = None, as_json: AsJson = False, lang: Language = None) -> None:
    """All that a certificate says, and its history."""
    tongue = language(lang)
    with registry_at(directory) as registry, registry.reading() as db:
        row = certificate_by_number(db, number_in(number))
        said = row.certificate().model_dump(mode="json")
        state = state_of(row, now())
        events: list[dict[str, Any]] = [
            {"kind": event.kind, "at": event.at, "effective_from": event.effective_from, "reason": event.reason}
            | {"actor": event.actor, "note": event.note}
            | {"successor": display_number(event.successor) if event.successor else None}
            for event in history(db, row)
        ]
    if as_json:
        show_json({"number": display_number(row.number), "state": state, "certificate": said, "history": events})
        return
    show(f"{display_number(row.number)}  {row.level}  {said['title'][tongue]}", "bold")
    show(f"{row.holder_name}: {words(tongue, f'state_{state}')}", STATE_STYLES[state])
    lines = [(key, in_short(value, tongue)) for key, value in said.items()]
    show_table(tongue, ("col_fact", "col_value"), [line for line in lines if line[1]])
    past = [(event["at"].date(), event["kind"], event["reason"], event["actor"], event["note"]) for event in events]
    show_table(tongue, ("col_on", "col_event", "col_reason", "col_actor", "col_note"), past)


@commands.command("qr")
def qr(
    number: Number,
    output: Output = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """The QR code. Its text, or an image (.svg or .png) with -o."""
    at = now()
    if output is not None and not output.casefold().endswith((".svg", ".png")):
        raise MalformedInput([("--output", f"{output!r} must end in .svg or .png")])
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        with registry.writing() as db:
            keyring.prepare(db, at, actor(by))
        with registry.reading() as db:
            row = certificate_by_number(db, number_in(number))
            text = qr_text(db, keyring, row, registry.public_url, at)
    if output is not None:
        _write(output, qr_svg(text) if output.casefold().endswith(".svg") else qr_png(text))
    if as_json:
        show_json({"number": display_number(row.number), "qr_text": text, "file": output})
    elif output is None:
        show_raw(text)
    else:
        show(words(language(lang), "written", file=output))


@commands.command("export")
def export(
    number: Number,
    output: Output = None,
    form: Annotated[str, typer.Option("--format", help="vc+jwt, cwt or json.")] = "vc+jwt",
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Hand a certificate out. The signed document (vc+jwt), the compact token (cwt), or its facts (json)."""
    one_of("--format", form, ("vc+jwt", "cwt", "json"))
    at = now()
    with registry_at(directory) as registry:
        with registry.reading() as db:
            row = certificate_by_number(db, number_in(number))
        if form == "cwt":
            data = _compact(registry, row, at)
        elif form == "json":
            data = (row.certificate().model_dump_json(indent=2) + "\n").encode()
        else:
            data = row.vc_jwt.encode()
    if output is not None:
        _write(output, data)
    if as_json:
        content = None if output else data.hex() if form == "cwt" else data.decode()
        show_json({"number": display_number(row.number), "format": form, "file": output, "content": content})
    elif output is not None:
        show(words(language(lang), "written", file=output))
    elif form == "cwt":
        # Bytes for a file or a pipe; a terminal gets them in hexadecimal.
        sys.stdout.write(data.hex() + "\n") if sys.stdout.isatty() else sys.stdout.buffer.write(data)
    else:
        sys.stdout.write(data.decode().rstrip("\n") + "\n")


def _compact(registry: Registry, row: IssuedCertificate, at: datetime) -> bytes:
    keyring = keyring_of(registry)
    with registry.writing() as db:
        keyring.prepare(db, at, actor())
    with registry.reading() as db:
        return compact_token(db, keyring, row, at)


@commands.command("revoke")
def revoke_(
    number: Number,
    reason: WhyRevoke,
    note: Note = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Revoke for good. Whoever checks it learns of it with the next status list."""
    _change(revoke, number, reason, note, directory, by, as_json=as_json, lang=language(lang))


@commands.command("suspend")
def suspend_(
    number: Number,
    reason: WhySuspend,
    note: Note = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Suspend until it is reinstated or revoked."""
    _change(suspend, number, reason, note, directory, by, as_json=as_json, lang=language(lang))


@commands.command("reinstate")
def reinstate_(
    number: Number,
    reason: WhyReinstate,
    note: Note = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Let a suspended certificate hold again."""
    _change(reinstate, number, reason, note, directory, by, as_json=as_json, lang=language(lang))


@commands.command("annul")
def annul_(
    number: Number,
    reason: WhyAnnul,
    note: Note = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Annul: it should never have been issued."""
    _change(annul, number, reason, note, directory, by, as_json=as_json, lang=language(lang))


@commands.command("replace")
def replace_(
    number: Number,
    by_number: Annotated[str, typer.Option("--by", metavar="NUMBER", help="The certificate that comes in its place.")],
    note: Note = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Replace it by another of the same person for the same scheme. Whoever checks it is led to that one."""
    kept = note_in(note)
    with registry_at(directory) as registry, registry.writing() as db:
        at, which, successor = now(), number_in(number), number_in(by_number)
        who = permitted(db, by, at, "certificate.replace", certificate_by_number(db, which).issuer)
        row = supersede(db, which, by=successor, now=at, actor=who, note=kept)
        state = state_of(row, at)
    told = {"number": display_number(row.number), "state": state, "successor": display_number(successor)}
    if as_json:
        show_json(told)
        return
    show(words(language(lang), "changed", number=told["number"], state=words(language(lang), f"state_{state}")))


def _change(
    change: Any,  # noqa: ANN401 one of the four journeys of withdraw.py
    number: str,
    reason: str,
    note: str | None,
    directory: Path | None,
    by: str | None,
    *,
    as_json: bool,
    lang: Lang,
) -> None:
    kept = note_in(note)
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        which = number_in(number)
        who = permitted(db, by, at, f"certificate.{change.__name__}", certificate_by_number(db, which).issuer)
        row = change(db, which, reason=reason, now=at, actor=who, note=kept)
        state = state_of(row, at)
    if as_json:
        show_json({"number": display_number(row.number), "state": state, "reason": reason})
        return
    show(words(lang, "changed", number=display_number(row.number), state=words(lang, f"state_{state}")))


def _write(path: str, data: bytes) -> None:
    try:
        Path(path).write_bytes(data)
    except (OSError, ValueError) as fault:
        why = os.strerror(fault.errno) if isinstance(fault, OSError) and fault.errno else "is no name of a file"
        raise MalformedInput([("--output", f"{path!r} cannot be written: {why}")]) from fault
