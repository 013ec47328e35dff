"""`bevis notice`: what holders are to be told, handed to whoever sends it."""

import csv
import io
import sys
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import typer

from registry.command_line.certificate_changes import note_in
from registry.command_line.place import Actor, Dir, permitted, registry_at
from registry.command_line.screen import (
    AsJson,
    Language,
    in_json,
    language,
    now,
    one_of,
    show,
    show_json,
    show_table,
    words,
    write_file,
)
from registry.errors import HandoverNotFound, MalformedInput, NoticeNotFound
from registry.issuing.changes.letters import Letter, letters
from registry.issuing.changes.notice import Sender
from registry.reading.formulas import as_text
from registry.records.issued.outbox import (
    NOTICE_STATES,
    HolderNotice,
    counted,
    hand_over,
    handed_over,
    handovers,
    mark_failed,
    notices,
    put_back,
)
from verification.certificate import display_number

commands = typer.Typer(help="What holders are to be told: list, hand to whoever sends it, mark.", no_args_is_help=True)

MOST_AT_ONCE, USUALLY_SHOWN = 50_000, 50
Handover = Annotated[
    str | None, typer.Argument(metavar="[HANDOVER]", help="One that was handed over, again; without it, what waits.")
]
COLUMNS = ("notices", "channel", "to", "language", "subject", "text", "numbers")


@commands.command("list")
def list_(
    state: Annotated[str | None, typer.Option("--state", help=f"Only those {', '.join(NOTICE_STATES)}.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="How many.")] = USUALLY_SHOWN,
    after: Annotated[str | None, typer.Option("--after", metavar="NOTICE", help="Those written after it.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """How many wait, what was handed over, and the notices, the oldest first. Nobody's name or address."""
    one_of("--state", state, NOTICE_STATES)
    behind = None if after is None else _id(after, "notice-", NoticeNotFound)
    with registry_at(directory) as registry, registry.writing() as db:
        permitted(db, by, now(), "notice.read")
        counts = counted(db)
        found = [_of(row) for row in notices(db, state=state, after=behind, limit=limit)]  # type: ignore[arg-type]
        handed = [each._asdict() | {"id": f"handover-{each.id}"} for each in handovers(db, limit=limit)]
    if as_json:
        show_json({"counts": counts, "handovers": handed, "notices": found})
        return
    tongue = language(lang)
    show(", ".join(f"{words(tongue, f'notice_{name}')}: {count}" for name, count in counts.items()), "bold")
    if handed:
        rows: list[tuple[object, ...]] = [
            (one["id"], one["at"].date(), one["by"], one["notices"], one["failed"]) for one in handed
        ]
        columns = ("col_id", "col_on", "col_actor", "col_notices", "col_failed")
        show_table(tongue, columns, rows, fixed=("col_id", "col_on"), spare=("col_failed", "col_actor"))
    rows = [
        (
            one["id"],
            one["number"],
            one["template"],
            words(tongue, f"notice_{one['state']}"),
            one["why"] or one["channel"],
        )
        for one in found
    ]
    columns = ("col_id", "col_number", "col_event", "col_state", "col_channel")
    show_table(tongue, columns, rows, fixed=("col_id", "col_number"), spare=("col_channel", "col_event"))


@commands.command("export")
def export(
    handover: Handover = None,
    form: Annotated[str, typer.Option("--format", help="csv or json.")] = "csv",
    digest: Annotated[bool, typer.Option("--digest", help="All that is for one person in one letter.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=MOST_AT_ONCE, help="At most so many notices at once.")
    ] = 10_000,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="Write it to this file, which only you can read.")
    ] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Hand over what waits, with addresses, to be sent. Each notice is handed over once.

    What was handed over can be read again by its id, as often as needed; whoever sends it tells repetitions by the ids
    of the notices. What did not arrive is told with `bevis notice mark`.
    """
    one_of("--format", form, ("csv", "json"))
    at, tongue = now(), language(lang)
    with registry_at(directory) as registry:
        sender = Sender(registry.public_url, registry.name)
        if handover is None:
            with registry.writing() as db:
                given = hand_over(db, now=at, actor=permitted(db, by, at, "notice.hand_over"), limit=limit)
        else:
            given = _id(handover, "handover-", HandoverNotFound)
        with registry.writing() as db:
            permitted(db, by, at, "notice.hand_over")
            found = [] if given is None else letters(db, given, sender, digest=digest)
    name = None if given is None else f"handover-{given}"
    told = [_told(letter) for letter in found]
    data = _csv(told) if form == "csv" else _json_bytes(name, told)
    if output is not None:
        # Handed over is handed over: where the file cannot be written, the same command with the id writes it again.
        try:
            write_file(output, data, secret=True)
        except MalformedInput as fault:
            says = f"; what was handed over is kept as {name}" if name else ""
            raise MalformedInput([(path, why + says) for path, why in fault.faults]) from fault
    if as_json:
        show_json({"handover": name, "letters": told if output is None else len(told), "file": output})
    elif output is None:
        sys.stdout.write(data.decode("utf-8-sig"))
    elif name is None:
        show(words(tongue, "nothing_waits"))
    else:
        show(words(tongue, "handed_over", letters=len(told), file=output, id=name))


@commands.command("mark")
def mark(
    given: Annotated[list[str], typer.Argument(metavar="NOTICE…", help="Notices, or whole hand-overs, by id.")],
    failed: Annotated[str | None, typer.Option("--failed", metavar="WHY", help="They did not arrive.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Let what failed wait anew.")] = False,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Say what became of notices that were handed over. All of them, or none."""
    if (failed is None) == (not again):
        raise MalformedInput([("", "needs either --failed with the reason, or --again")])
    why = note_in(failed, "--failed")
    with registry_at(directory) as registry, registry.writing() as db:
        permitted(db, by, now(), "notice.hand_over")
        ids: list[UUID] = []
        for each in given:
            if each.startswith("handover-"):
                whole = handed_over(db, _id(each, "handover-", HandoverNotFound), failed=again)
                ids += [notice.id for notice in whole]
            else:
                ids.append(_id(each, "notice-", NoticeNotFound))
        marked = mark_failed(db, ids, why=why) if why is not None else put_back(db, ids)
    state = "failed" if why is not None else "pending"
    if as_json:
        show_json({"marked": marked, "state": state})
        return
    tongue = language(lang)
    show(words(tongue, "notices_marked", marked=marked, state=words(tongue, f"notice_{state}")))


def _id(text: str, prefix: str, refusal: type[HandoverNotFound | NoticeNotFound]) -> UUID:
    try:
        return UUID(text.removeprefix(prefix))
    except ValueError as fault:
        raise refusal(f"nothing here has the id {text[:60]!r}") from fault


def _of(row: HolderNotice) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "number": display_number(row.parameters["number"]),
        "template": row.template,
        "language": row.language,
        "channel": row.channel,
        "state": row.state,
        "why": row.why,
        "created_at": row.created_at,
        "handover": f"handover-{row.handover}" if row.handover else None,
    }


def _told(letter: Letter) -> dict[str, Any]:
    return asdict(letter) | {"numbers": [display_number(number) for number in letter.numbers]}


def _csv(told: list[dict[str, Any]]) -> bytes:
    written = io.StringIO()
    out = csv.writer(written)
    out.writerow(COLUMNS)
    for letter in told:
        cells = (letter[column] for column in COLUMNS)
        out.writerow([as_text(" ".join(cell) if isinstance(cell, (list, tuple)) else cell or "") for cell in cells])
    return written.getvalue().encode("utf-8-sig")


def _json_bytes(handover: str | None, told: list[dict[str, Any]]) -> bytes:
    return (in_json({"handover": handover, "letters": told}) + "\n").encode()
