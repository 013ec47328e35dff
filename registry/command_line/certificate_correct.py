"""`bevis certificate correct`: say what is wrong, see what changes, have somebody else approve, do it."""

from typing import Annotated, Any

import typer

from registry.command_line.approval_told import show_approve
from registry.command_line.certificate import Number, commands, number_in
from registry.command_line.certificate_changes import note_in
from registry.command_line.passphrase import read_json_file
from registry.command_line.place import Actor, Dir, acting, keyring_of, registry_at
from registry.command_line.screen import (
    NEGATIVE,
    AsJson,
    Lang,
    Language,
    in_short,
    language,
    now,
    show,
    show_json,
    show_raw,
    show_table,
    words,
    write_file,
)
from registry.errors import ApprovalNeeded, KeyHeldElsewhere, MalformedInput
from registry.issuing.changes.correct import ask_to_correct, correct, plan_correction
from registry.issuing.changes.correct_elsewhere import keep_correction, write_correction
from registry.issuing.changes.correction import Correction
from registry.records.actors.approvals import Approval
from registry.records.issued.certificates import IssuedCertificate, certificate_by_number
from registry.records.issued.corrections import correction_of
from registry.records.strict_input import parse
from registry.signing.signing_request import MOST_BYTES, Signed
from verification.certificate import display_number

__all__ = ["commands"]
MOST_DIGITS = 9  # of a whole number; more of them are none

_YES_NO = {"true": True, "yes": True, "false": False, "no": False}


@commands.command("correct")
def correct_(
    number: Number,
    note: Annotated[str, typer.Option("--note", help="What was wrong; whoever approves reads it.")],
    name: Annotated[str | None, typer.Option("--name", help="The name, spelt right.")] = None,
    birth_date: Annotated[str | None, typer.Option("--birth-date", metavar="DAY", help="The right one.")] = None,
    fact: Annotated[
        list[str] | None, typer.Option("--fact", metavar="NAME=VALUE", help="A fact of the row; repeatable.")
    ] = None,
    scope_class: Annotated[
        list[str] | None, typer.Option("--class", help="The classes it gives after all; repeatable.")
    ] = None,
    enrolment_method: Annotated[
        str | None, typer.Option("--enrolment-method", help="How identity was checked, by its id.")
    ] = None,
    version: Annotated[str | None, typer.Option("--scheme-version", help="The version that is right.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Say what would change, and ask nobody.")] = False,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where what an issuer with its own key signs is written."),
    ] = None,
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Issue a corrected certificate in its place. Asks first; once somebody else approved, the same command does it.

    What is not said here is taken from what is on record now: amend the occasion, its sheets or results first, and
    leave everything out. The level may fall and never rises; a name may be spelt right, and not become another's.
    An issuer who holds its key itself then signs FILE (`bevis sign`), and `bevis certificate signed` does it.
    """
    given: dict[str, Any] = {
        "name": name,
        "birth_date": birth_date,
        "facts": _facts(fact or ()),
        "scope_classes": scope_class,
        "enrolment_method": enrolment_method,
        "version": version,
    }
    correction = parse({key: value for key, value in given.items() if value not in (None, {}, [])}, Correction)
    kept, which, at, tongue = note_in(note) or "", number_in(number), now(), language(lang)
    asked: Approval | None = None
    new: IssuedCertificate | None = None
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        with registry.writing() as db:
            who, former = acting(db, by, at), certificate_by_number(db, which)
            if not who.may("certificate.correct_approve", former.issuer):
                who.require("certificate.correct", former.issuer)
            if check:
                changes = plan_correction(db, which, correction, note=kept, now=at).changes
            else:
                try:
                    new = correct(
                        db, keyring, registry.public_url, which, correction, note=kept, actor=who.account, now=at
                    )
                    done = correction_of(db, which)
                    changes = done.changes if done else {}
                except ApprovalNeeded:
                    asked = ask_to_correct(db, which, correction, note=kept, actor=who, now=at)
                    changes = asked.content()["changes"]
                except KeyHeldElsewhere:
                    if output is None:
                        raise MalformedInput(
                            [("--output", "says where what the issuer is to sign is written")]
                        ) from None
                    request = write_correction(db, keyring, registry.public_url, which, correction, note=kept, now=at)
                    changes = plan_correction(db, which, correction, note=kept, now=at).changes
                    write_file(output, request.model_dump_json(indent=1).encode() + b"\n", secret=True)
    _told(which, changes, new, asked, tongue, as_json=as_json, to_sign=output if new is None else None)


@commands.command("signed")
def signed(
    number: Number,
    file: Annotated[str, typer.Argument(metavar="FILE", help="What `bevis sign` made of a correction.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Carry a correction out with the signature of an issuer who holds its key itself. Twice is once."""
    given, which, at = read_json_file(file, Signed, MOST_BYTES), number_in(number), now()
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        with registry.writing() as db:
            who = acting(db, by, at)
            who.require("certificate.correct", certificate_by_number(db, which).issuer)
            new = keep_correction(db, keyring, registry.public_url, which, given, actor=who.account, now=at)
            done = correction_of(db, which)
            changes = done.changes if done else {}
    _told(which, changes, new, None, language(lang), as_json=as_json)


def _told(
    number: str,
    changes: Any,  # noqa: ANN401 JSON
    new: IssuedCertificate | None,
    asked: Approval | None,
    lang: Lang,
    *,
    as_json: bool,
    to_sign: str | None = None,
) -> None:
    told = {
        "number": display_number(number),
        "changes": changes,
        "successor": display_number(new.number) if new else None,
        "approval": {"id": asked.public_id, "state": asked.state, "digest": asked.digest} if asked else None,
    }
    if as_json:
        show_json(told)
    else:
        rows = [(name, in_short(before, lang), in_short(after, lang)) for name, (before, after) in changes.items()]
        show_table(lang, ("col_fact", "col_was", "col_becomes"), rows)
        if new is not None:
            show(words(lang, "corrected", number=told["number"], successor=told["successor"]))
        elif asked is not None:
            show(words(lang, "asked_for_approval"))
            show_approve(asked.public_id, asked.digest)
        elif to_sign is not None:
            show(words(lang, "batch_signing_how"), "bold")
            show_raw(f"  bevis sign {to_sign} --key KEY")
            show_raw(f"  bevis certificate signed {told['number']} {to_sign}.signed")
    if asked is not None:
        raise typer.Exit(NEGATIVE)


def _facts(given: Any) -> dict[str, bool | int | str]:  # noqa: ANN401 texts
    """NAME=VALUE: yes and no, whole numbers, else the text. Raises MalformedInput."""
    facts: dict[str, bool | int | str] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise MalformedInput([("--fact", f"{text[:60]!r} must be NAME=VALUE")])
        if name in facts:
            raise MalformedInput([("--fact", f"{name} stands there twice")])
        facts[name] = _value(value.strip())
    return facts


def _value(text: str) -> bool | int | str:
    plain = text.casefold()
    if plain in _YES_NO:
        return _YES_NO[plain]
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) <= MOST_DIGITS else text
