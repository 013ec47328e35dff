"""`bevis sign`: an issuer signs on its own machine. No registry, no database, no network: files and a key."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from registry.command_line.passphrase import json_in, opened_key
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
    write_file,
)
from registry.errors import MalformedInput
from registry.records.strict_input import parse
from registry.signing.possession import CHALLENGE, Challenge, SignedChallenge, sign_challenge
from registry.signing.signing_request import (
    MOST_BYTES,
    REQUEST,
    Signed,
    SigningRequest,
    Understood,
    check_until,
    sign_all,
    understood,
)
from verification.certificate import Certificate, display_number, in_language
from verification.keys import thumbprint
from verification.organisation_certificate import OrganisationCertificate


def sign(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What the registry handed out to be signed.")],
    key: Annotated[
        Path,
        typer.Option("--key", envvar="BEVIS_SIGNING_KEY", metavar="KEY", help="As `bevis key make` has written it."),
    ],
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="OUT", help="Where to write; the default is FILE.signed.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nobody whether it is right.")] = False,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Sign what a registry handed out, after showing what it is: who gets which certificate at which level.

    The passphrase is asked for, or taken from BEVIS_SIGNING_PASSPHRASE. Hand OUT back to the registry.
    """
    tongue, given = language(lang), json_in(file, MOST_BYTES)
    if as_json and not yes:
        raise MalformedInput([("--json", "goes with --yes: it asks nobody")])
    signer = opened_key(key, tongue)
    public, told = signer.public(), output or f"{file}.signed"
    done: SignedChallenge | Signed
    if given.get("format") == CHALLENGE:
        challenge = parse(given, Challenge)
        if challenge.public_key() != public:
            raise MalformedInput([("jwk", "is not the key in your file")])
        check_until(challenge.until, now())
        if not as_json:
            show(words(tongue, "sign_possession", **_said(challenge), print=thumbprint(public)), "bold")
        _check_sure(tongue, yes=yes)
        done = sign_challenge(challenge, signer)
    elif given.get("format") == REQUEST:
        request = parse(given, SigningRequest)
        check_until(request.until, now())
        certificates = understood(request, public)
        if not as_json:
            _show(request, certificates, tongue)
        _check_sure(tongue, yes=yes)
        done = sign_all(request, certificates, signer)
    else:
        raise MalformedInput([("format", f"this signs {REQUEST} and {CHALLENGE}")])
    write_file(told, done.model_dump_json(indent=1).encode() + b"\n", new=True)
    if as_json:
        show_json({"file": told, "format": done.format, "signatures": len(getattr(done, "signatures", [0]))})
        return
    show(words(tongue, "sign_done", file=told))


def _said(challenge: Challenge) -> dict[str, str]:
    return {name: getattr(challenge, name) for name in ("organisation", "registry", "until")}


def _show(request: SigningRequest, certificates: Sequence[Understood], lang: Lang) -> None:
    """In plain words, from the very bytes that will be signed."""
    about = {name: getattr(request, name) for name in ("organisation", "registry", "batch", "until")}
    show(words(lang, "sign_batch", **about, count=len(certificates)), "bold")
    if request.digest is not None:
        show(words(lang, "sign_approved", digest=request.digest))
    rows = [_row(said, lang) for said, _ in certificates]
    columns = ("col_holder", "col_born", "col_level", "col_scheme", "col_since", "col_until", "col_number")
    show_table(lang, columns, rows, fixed=("col_number",), spare=("col_since", "col_born"))


def _row(said: Certificate | OrganisationCertificate, lang: Lang) -> tuple[object, ...]:
    title, days = in_language(said.title, lang), (said.valid_from, said.valid_until, display_number(said.number))
    if isinstance(said, OrganisationCertificate):
        return (said.holder.name, None, said.level and said.level.value, f"{title} ({said.scheme})", *days)
    about = f"{title} ({said.scheme} {said.scheme_version})"
    return (said.holder_name, said.birth_date or said.birth_year, said.level.value, about, *days)


def _check_sure(lang: Lang, *, yes: bool) -> None:
    """Ends the program where nobody says yes."""
    if yes:
        return
    sys.stderr.write(f"{words(lang, 'sign_sure')} ({words(lang, 'yes')}/{words(lang, 'no')}) ")
    sys.stderr.flush()
    if sys.stdin.readline(100).strip().casefold() not in {words(lang, "yes").casefold(), "y", "yes", "j", "ja"}:
        show(words(lang, "sign_not"))
        raise typer.Exit(NEGATIVE)
