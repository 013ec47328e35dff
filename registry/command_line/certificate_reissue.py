"""`bevis certificate reissue`: what a stolen key has spoilt, issued anew by two people."""

from typing import Annotated, Any

import typer

from registry.command_line.approval_told import show_approve
from registry.command_line.certificate import number_in
from registry.command_line.certificate_changes import note_in
from registry.command_line.certificate_mass import commands
from registry.command_line.passphrase import read_json_file
from registry.command_line.place import Actor, Dir, acting, keyring_of, registry_at
from registry.command_line.screen import (
    NEGATIVE,
    AsJson,
    Lang,
    Language,
    language,
    now,
    show,
    show_json,
    show_raw,
    show_table,
    words,
)
from registry.command_line.to_sign import SignedFile, ToSignFile, show_to_sign, write_request
from registry.errors import KeyHeldElsewhere
from registry.issuing.changes.reissue import (
    ACTION,
    Reissue,
    Reissued,
    ask_to_reissue,
    carry_out_reissue,
    spoilt_page,
)
from registry.issuing.changes.reissue_elsewhere import keep_reissue, reissue_request, write_reissue
from registry.records.actors.access_log import note_access
from registry.records.parties.signing_keys import key_by_kid
from registry.records.strict_input import parse
from registry.signing.signing_request import MOST_BYTES, Signed, SigningRequest
from verification.certificate import display_number

__all__ = ["commands"]

reissue = typer.Typer(
    help="What a stolen key has spoilt, issued anew: look, ask, have somebody else approve, carry out.",
    no_args_is_help=True,
)
commands.add_typer(reissue, name="reissue")

Asked = Annotated[str, typer.Argument(metavar="APPROVAL", help="As `bevis certificate reissue ask` told it.")]
Kid = Annotated[str, typer.Argument(metavar="KID", help="The key that was stolen, as `bevis key list` has it.")]


@reissue.command("preview")
def preview(kid: Kid, directory: Dir = None, by: Actor = None, as_json: AsJson = False, lang: Language = None) -> None:
    """What the key signed that did not stand in the log before the theft, and what of it can be issued anew."""
    at = now()
    with registry_at(directory) as registry, registry.noting() as db:
        who = acting(db, by, at)
        who.require(ACTION, key_by_kid(db, kid).organisation)
        rows = spoilt_page(db, kid, at)
        read: list[Any] = [("certificate", row.number) for row, _ in rows]
        note_access(db, account=who.account, key=who.key, action=ACTION, subjects=read, now=at)
    told = [
        {
            "number": display_number(row.number),
            "holder": row.holder,
            "scheme": row.scheme,
            "level": row.level,
            "issued_at": row.issued_at,
            "state": row.state,
            "log_index": row.log_index,
            "left_out": why,
        }
        for row, why in rows
    ]
    if as_json:
        show_json(told)
        return
    tongue = language(lang)
    show(words(tongue, "reissue_spoilt", kid=kid, count=len(told)), "bold")
    lines = [
        (
            *(one["number"], one["holder"], one["scheme"], one["level"], str(one["issued_at"])[:16]),
            words(tongue, f"reissue_why_{one['left_out']}") if one["left_out"] else "",
        )
        for one in told
    ]
    columns = ("col_number", "col_holder", "col_scheme", "col_level", "col_since", "mass_left_out")
    show_table(tongue, columns, lines, fixed=("col_number",), spare=("col_scheme",))


@reissue.command("ask")
def ask(
    kid: Kid,
    numbers: Annotated[
        list[str] | None, typer.Argument(metavar="[NUMBER…]", help="Only these; without any, all that can be.")
    ] = None,
    occasion: Annotated[str | None, typer.Option("--occasion", help="Only what was issued for that occasion.")] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", metavar="NUMBER", help="Not this one: the thief has issued it.")
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="What is to be kept on record about it.")] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Ask somebody else to decide on exactly these certificates. Needs your own key in BEVIS_KEY."""
    given = {
        "key": kid,
        "occasion": occasion,
        "certificates": [display_number(number_in(one)) for one in numbers or ()],
        "left_out": [display_number(number_in(one)) for one in without or ()],
        "note": note_in(note),
    }
    asked = parse({name: value for name, value in given.items() if value is not None}, Reissue)
    with registry_at(directory) as registry, registry.writing() as db:
        at = now()
        approval = ask_to_reissue(db, asked, actor=acting(db, by, at), now=at)
        told = {
            "certificates": len(approval.content()["certificates"]),
            "approval": {"id": approval.public_id, "state": approval.state, "digest": approval.digest},
        }
    if as_json:
        show_json(told)
    else:
        tongue = language(lang)
        show(words(tongue, "reissue_asked", count=told["certificates"]))
        show_approve(approval.public_id, approval.digest)
        show(words(tongue, "mass_then"))
        show_raw(f"  bevis certificate reissue carry-out {approval.public_id}")
    raise typer.Exit(NEGATIVE)


@reissue.command("carry-out")
def carry_out(
    approval: Asked,
    output: ToSignFile = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Issue anew what was approved, all of it or nothing. The former ones are superseded; holders are told.

    An issuer who holds its key itself then signs FILE (`bevis sign`), and `bevis certificate reissue signed` does it.
    """
    request: SigningRequest | None = None
    done: Reissued | None = None
    with registry_at(directory) as registry:
        keyring, url = keyring_of(registry), registry.public_url
        with registry.writing() as db:
            at = now()
            who = acting(db, by, at)
            try:
                done = carry_out_reissue(db, keyring, url, approval, actor=who, now=at)
            except KeyHeldElsewhere:
                write_reissue(db, keyring, url, approval, actor=who, now=at)
                request = reissue_request(db, url, approval, who)
                output = write_request(request, output)
    if done is not None:
        _carried_out(done, as_json=as_json, lang=language(lang))
    elif request is not None and output is not None:
        hand_in = f"certificate reissue signed {approval}"
        show_to_sign(request, output, hand_in, language(lang), as_json=as_json)


@reissue.command("signed")
def signed(
    approval: Asked,
    file: SignedFile,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Carry it out with the signatures of an issuer who holds its key itself. Twice is once."""
    given, at = read_json_file(file, Signed, MOST_BYTES), now()
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        with registry.writing() as db:
            who = acting(db, by, at)
            done = keep_reissue(db, keyring, registry.public_url, approval, given, actor=who, now=at)
    _carried_out(done, as_json=as_json, lang=language(lang))


def _carried_out(done: Reissued, *, as_json: bool, lang: Lang) -> None:
    pairs = sorted((display_number(former), display_number(new)) for former, new in done.numbers.items())
    if as_json:
        anew = [{"former": former, "number": number} for former, number in pairs]
        show_json({"certificates": anew, "before": done.before})
        return
    show(words(lang, "reissue_done_before" if done.before else "reissue_done", count=len(pairs)), "bold")
    show_table(lang, ("col_number", "col_successor"), pairs, fixed=("col_number", "col_successor"))
