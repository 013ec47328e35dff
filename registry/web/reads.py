"""Reading what is known of people leaves a line that they can see: who, what for, when.

    def get_certificate(number: str, db: Reading, who: Annotated[Actor, Acting("certificate.read")], reads: Reads):
        row = certificate_by_number(db, number)
        who.require("certificate.read", row.issuer)
        reads.of("certificate", row.number)

The lines are on disk before the answer goes out; where they cannot be written, nothing is answered.
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request

from registry.records.actors.access_log import SubjectKind, note_access
from registry.records.store.database import Database
from registry.web.access import actor_of
from registry.web.dependencies import Office


class Read:
    """What one request reads of people."""

    def __init__(self) -> None:
        self.subjects: dict[tuple[SubjectKind, str], None] = {}
        self.action: str | None = None

    def of(self, kind: SubjectKind, *subjects: str, action: str | None = None) -> None:
        """These were read: their ids or numbers; `action`, where the signature names none."""
        self.subjects |= dict.fromkeys((kind, subject) for subject in subjects)
        self.action = action or self.action


def _reads(request: Request) -> Iterator[Read]:
    read = Read()
    request.state.read = read
    yield read
    # A change notes within its own transaction, which has ended by now.
    if read.subjects and getattr(request.state, "db", None) is None:
        office: Office = request.app.state.office
        with office.registry.noting() as noting:
            _note(request, noting, read)


def note_reads(request: Request, db: Database) -> None:
    """Write the lines about what a change has read, before it is committed."""
    read: Read | None = getattr(request.state, "read", None)
    if read is not None and read.subjects:
        _note(request, db, read)


def _note(request: Request, db: Database, read: Read) -> None:
    office: Office = request.app.state.office
    actor = actor_of(request)
    action = str(read.action or request.state.action)
    note_access(db, account=actor.account, key=actor.key, action=action, subjects=read.subjects, now=office.clock())


Reads = Annotated[Read, Depends(_reads, scope="function")]
