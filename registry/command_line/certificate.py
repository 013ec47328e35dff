"""`bevis certificate`: look for them, show one, its QR code, hand it out. What changes one is in its neighbour."""

import sys
from datetime import datetime
from typing import Annotated, Any

import typer

from registry.command_line.place import Actor, Dir, keyring_of, log_of, registry_at
from registry.command_line.screen import (
    AsJson,
    Language,
    actor,
    day,
    in_short,
    language,
    now,
    one_of,
    show,
    show_json,
    show_json_list,
    show_raw,
    show_table,
    words,
    write_file,
)
from registry.errors import MalformedInput
from registry.issuing.documents.codes import compact_token, qr_png, qr_svg, qr_text
from registry.records.issued.batches import batch_by_id
from registry.records.issued.certificate_pages import (
    SHOWN_STATES,
    Wanted,
    all_pages,
    lineage_of,
    shown_state,
    spoilt_since,
)
from registry.records.issued.certificates import IssuedCertificate, certificate_by_number, history, issued_event
from registry.records.parties.organisations import organisation_by_slug
from registry.records.persons.people import all_records_of, person_by_id
from registry.records.sector.schemes import scheme_version
from registry.records.sittings.occasions import occasion_by_id
from registry.records.whole.directory import Registry
from registry.signing.log.published import proof_of
from verification.certificate import MalformedNumber, display_number, parse_number
from verification.presented import with_proof

commands = typer.Typer(
    help="Issued certificates: list, show, QR code, export, correct, withdraw.", no_args_is_help=True
)

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="XXXX-XXXX-XXXX-XXXX")]
Output = Annotated[str | None, typer.Option("--output", "-o", help="The file to write.")]
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
    batch: Annotated[str | None, typer.Option("--batch", help="Only those of this batch.")] = None,
    person: Annotated[str | None, typer.Option("--person", help="Only those of this person, by id.")] = None,
    scheme: Annotated[str | None, typer.Option("--scheme", help="Only those for this scheme.")] = None,
    issuer: Annotated[str | None, typer.Option("--issuer", help="Only those that this organisation issued.")] = None,
    state: Annotated[str | None, typer.Option("--state", help=f"Only those now {', '.join(SHOWN_STATES)}.")] = None,
    expiring_before: Annotated[
        str | None, typer.Option("--expiring-before", metavar="DAY", help="Only those valid now that end before it.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many; the default is all.")] = None,
    after: Annotated[
        str | None, typer.Option("--after", metavar="NUMBER", help="Only what comes after it: the last one seen.")
    ] = None,
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Certificates, the newest first."""
    one_of("--state", state, SHOWN_STATES)
    ends, at, tongue = day("--expiring-before", expiring_before), now(), language(lang)
    with registry_at(directory) as registry, registry.reading() as db:
        wanted = Wanted(
            occasion=occasion_by_id(db, occasion).id if occasion else None,
            batch=batch_by_id(db, batch).id if batch else None,
            people=all_records_of(db, person_by_id(db, person).id) if person else None,
            scheme=scheme_version(db, scheme).code if scheme else None,
            issuer=organisation_by_slug(db, issuer).slug if issuer else None,
            state=state,  # type: ignore[arg-type] # one of them
            expiring_before=ends,
        )
        start = certificate_by_number(db, number_in(after)).id if after else None
        rows = all_pages(db, wanted, at, after=start, limit=limit)
        if as_json:
            show_json_list(_in_list(row, at) for row in rows)
            return
        found = [_in_list(row, at) for row in rows]
    columns = ("col_number", "col_scheme", "col_level", "col_holder", "col_state", "col_until")
    cells = [list((one | {"state": words(tongue, f"state_{one['state']}")}).values()) for one in found]
    styles = {words(tongue, f"state_{each}"): style for each, style in STATE_STYLES.items()}
    show_table(tongue, columns, cells, styles=styles, fixed=columns[:2])
    if limit is not None and len(found) == limit:
        show(words(tongue, "more_after", number=found[-1]["number"]))


def _in_list(row: IssuedCertificate, at: datetime) -> dict[str, Any]:
    return {
        "number": display_number(row.number),
        "scheme": row.scheme,
        "level": row.level,
        "holder": row.holder_name,
        "state": shown_state(row, at),
        "valid_until": row.valid_until,
    }


def number_in(text: str) -> str:
    """A number as people type it. Raises MalformedInput."""
    try:
        return parse_number(text)
    except MalformedNumber as fault:
        # What was typed is not repeated: it may be somebody's national identity number.
        raise MalformedInput([("NUMBER", f"that is no certificate number: {fault}")]) from fault


@commands.command("show")
def show_(number: Number, directory: Dir = None, as_json: AsJson = False, lang: Language = None) -> None:
    """All that a certificate says, its history, and the certificates before and after it."""
    tongue, at = language(lang), now()
    with registry_at(directory) as registry, registry.reading() as db:
        row = certificate_by_number(db, number_in(number))
        said = row.certificate().model_dump(mode="json")
        lineage = lineage_of(db, row)
        spoilt = spoilt_since(db, [row]).get(row.number)
        events: list[dict[str, Any]] = [
            {"kind": event.kind, "at": event.at, "effective_from": event.effective_from, "reason": event.reason}
            | {"actor": event.actor, "organisation": event.organisation, "approval": event.approval}
            | {"note": event.note, "successor": display_number(event.successor) if event.successor else None}
            for event in history(db, row)
        ]
    state = shown_state(row, at)
    before_and_after = {
        "corrects": _shown(lineage.corrects),
        "renews": _shown(lineage.renews),
        "corrected_by": _shown(lineage.corrected_by),
        "renewed_by": [display_number(each) for each in lineage.renewed_by],
    }
    if as_json:
        told = {"number": display_number(row.number), "state": state, "key_compromised_since": spoilt}
        show_json(told | {"certificate": said, "lineage": before_and_after, "history": events})
        return
    show(f"{display_number(row.number)}  {row.level}  {said['title'][tongue]}", "bold")
    show(f"{row.holder_name}: {words(tongue, f'state_{state}')}", STATE_STYLES[state])
    if spoilt is not None:
        show(words(tongue, "key_spoilt", day=spoilt.date()), "bold red")
    for name, numbers in before_and_after.items():
        if numbers:
            show(words(tongue, f"lineage_{name}", numbers=numbers if isinstance(numbers, str) else ", ".join(numbers)))
    lines = [(key, in_short(value, tongue)) for key, value in said.items()]
    show_table(tongue, ("col_fact", "col_value"), [line for line in lines if line[1]])
    past = [(event["at"].date(), event["kind"], event["reason"], event["actor"], event["note"]) for event in events]
    show_table(tongue, ("col_on", "col_event", "col_reason", "col_actor", "col_note"), past)


def _shown(number: str | None) -> str | None:
    return display_number(number) if number else None


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
        log_of(registry).advance()
        with registry.reading() as db:
            row = certificate_by_number(db, number_in(number))
            text = qr_text(db, keyring, row, registry.public_url, at)
    if output is not None:
        write_file(output, qr_svg(text) if output.casefold().endswith(".svg") else qr_png(text))
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
    form: Annotated[
        str, typer.Option("--format", help="proved, vc+jwt, tlog-proof, cwt or json; the default is proved.")
    ] = "proved",
    directory: Dir = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Hand a certificate out: the signed document and the proof that it stands in the log, in one file (proved).

    Or either alone (vc+jwt, tlog-proof), the compact token (cwt), or its facts (json).
    """
    one_of("--format", form, ("proved", "vc+jwt", "tlog-proof", "cwt", "json"))
    at = now()
    with registry_at(directory) as registry:
        with registry.reading() as db:
            row = certificate_by_number(db, number_in(number))
        if form == "cwt":
            data = _compact(registry, row, at)
        elif form == "json":
            data = (row.certificate().model_dump_json(indent=2) + "\n").encode()
        elif form == "vc+jwt":
            data = row.vc_jwt.encode()
        else:
            log_of(registry).advance()
            with registry.reading() as db:
                proof = proof_of(db, log_of(registry).head_file, issued_event(db, row))
            data = (proof if form == "tlog-proof" else with_proof(row.vc_jwt, proof)).encode()
    if output is not None:
        write_file(output, data)
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
    log_of(registry).advance()
    with registry.reading() as db:
        return compact_token(db, keyring, row, at)
