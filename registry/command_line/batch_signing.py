"""`bevis batch to-sign` and `bevis batch signed`: for issuers who hold their key themselves."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from registry.command_line.passphrase import read_json_file
from registry.command_line.place import Actor, Dir, acting, keyring_of, permitted, registry_at
from registry.command_line.screen import AsJson, Language, language, now, show, show_json, words, write_file
from registry.issuing.batches.hand_in import MOST, HandedIn, keep_signed
from registry.issuing.batches.hand_out import signing_request_for, what_waits
from registry.records.issued.batches import batch_by_id
from registry.signing.signing_request import MOST_BYTES, Signature, Signed

BatchId = Annotated[str, typer.Argument(metavar="BATCH", help="As `bevis batch list` has it.")]


def to_sign(
    batch: BatchId,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Write what the issuer is to sign on its own machine: `bevis sign FILE`. It holds for a day."""
    tongue, at = language(lang), now()
    with registry_at(directory) as registry, registry.writing() as db:
        found = batch_by_id(db, batch)
        permitted(db, by, at, "batch.sign", found.issuer)
        asked, waits = signing_request_for(db, registry.public_url, found), what_waits(db, found)
    if asked is not None:
        write_file(output, asked.model_dump_json(indent=1).encode() + b"\n", secret=True)
    if as_json:
        told = None if waits is None else {"count": waits.many, "kid": waits.kid, "until": waits.until}
        in_file = None if asked is None else len(asked.to_sign)
        show_json({"batch": batch, "to_sign": told, "file": output if asked else None, "in_file": in_file})
    elif waits is None:
        show(words(tongue, "batch_nothing_to_sign", batch=batch))
    else:
        until = f"{waits.until:%Y-%m-%d %H:%M} UTC"
        show(words(tongue, "batch_to_sign", batch=batch, count=waits.many, kid=waits.kid, until=until))
        show(words(tongue, "written", file=output))


def signed(
    batch: BatchId,
    file: Annotated[str, typer.Argument(metavar="FILE", help="What `bevis sign` has written.")],
    directory: Dir = None,
    by: Actor = None,
    as_json: AsJson = False,
    lang: Language = None,
) -> None:
    """Take signatures back: each is proved, and then its certificate is issued. Some of them will do; twice is once."""
    given, kept, repeated, left = read_json_file(file, Signed, MOST_BYTES), 0, 0, 0
    with registry_at(directory) as registry:
        keyring = keyring_of(registry)
        for part in _in_parts(given):
            with registry.writing() as db:
                at = now()
                who = acting(db, by, at)
                who.require("batch.sign", batch_by_id(db, batch).issuer)
                done: HandedIn = keep_signed(db, keyring, registry.public_url, batch, part, actor=who.account, now=at)
            kept, repeated, left = kept + done.kept, repeated + done.repeated, done.left
    if as_json:
        show_json({"batch": batch, "kept": kept, "repeated": repeated, "left": left})
        return
    show(words(language(lang), "batch_signed", kept=kept, repeated=repeated, left=left))


def _in_parts(given: Signed) -> Iterator[Signed]:
    """As many as one transaction takes."""
    every: Sequence[Signature] = given.signatures
    for start in range(0, max(len(every), 1), MOST):
        yield given.model_copy(update={"signatures": [*every[start : start + MOST]]})
