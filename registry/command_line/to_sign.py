"""What an issuer who holds its key itself is to sign, as the shell hands it out."""

from typing import Annotated

import typer

from registry.command_line.screen import Lang, show, show_json, show_raw, words, write_file
from registry.errors import MalformedInput
from registry.signing.signing_request import SigningRequest

ToSignFile = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where what an issuer with its own key signs is written."),
]
SignedFile = Annotated[str, typer.Argument(metavar="SIGNED", help="What `bevis sign` made of it.")]


def write_request(request: SigningRequest, output: str | None) -> str:
    """Write it, for nobody else on this machine; where to. Raises MalformedInput where nobody said where to."""
    if output is None:
        raise MalformedInput([("--output", "says where what the issuer is to sign is written")])
    write_file(output, request.model_dump_json(indent=1).encode() + b"\n", secret=True)
    return output


def show_to_sign(request: SigningRequest, file: str, hand_in: str, lang: Lang, *, as_json: bool) -> None:
    """How it is signed and handed in; hand_in: the command that takes the signatures, without `bevis` and the file."""
    if as_json:
        about = {name: getattr(request, name) for name in ("organisation", "kid", "batch", "digest", "until")}
        show_json({"file": file, "count": len(request.to_sign), **about})
        return
    show(words(lang, "batch_signing_how"), "bold")
    show_raw(f"  bevis sign {file} --key KEY")
    show_raw(f"  bevis {hand_in} {file}.signed")
