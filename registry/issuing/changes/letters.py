"""From notices that were handed over to letters with addresses: what whoever sends them gets."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from registry.issuing.changes.notice import Message, Sender, letter, message
from registry.records.issued.certificates import certificates_with
from registry.records.issued.outbox import HolderNotice, handed_over, ways_to
from registry.records.store.database import Database


@dataclass(frozen=True)
class Letter:
    """One message to one person.

    notices  the ids of what it tells: the same letter is told by them, however often it is written
    channel  by which way: `email`, `phone`, `post`, or `via` an employer
    to       the address, number or employer; None where none is on record any more
    """

    notices: tuple[str, ...]
    channel: str | None
    to: str | None
    language: str
    numbers: tuple[str, ...]
    subject: str
    text: str


def letters(db: Database, handover: UUID, sender: Sender, *, digest: bool) -> list[Letter]:
    """What was handed over under that id, as it is to be sent; the same every time, but for a changed address.

    digest  all that is for one person in one letter; else a letter for each notice

    Raises HandoverNotFound.
    """
    notices = handed_over(db, handover)
    groups: dict[tuple[object, ...], list[HolderNotice]] = {}
    for notice in notices:
        key = (notice.person_id, notice.channel, notice.language) if digest else (notice.id,)
        groups.setdefault(key, []).append(notice)
    said = {
        identity: row.certificate()
        for identity, row in certificates_with(db, {notice.certificate_id for notice in notices}).items()
    }
    ways = ways_to(db, {notice.person_id for notice in notices})

    def written(group: Sequence[HolderNotice]) -> Letter:
        first, last = group[0], group[-1]
        way = ways.get(first.person_id)
        whole: Message = letter(
            [message(notice, said[notice.certificate_id], sender) for notice in group],
            said[last.certificate_id].holder_name,
            first.language,
            sender,
        )
        return Letter(
            notices=tuple(notice.public_id for notice in group),
            channel=way[0] if way else first.channel,
            to=way[1] if way else None,
            language=first.language,
            numbers=tuple(dict.fromkeys(said[notice.certificate_id].number for notice in group)),
            subject=whole.subject,
            text=whole.body,
        )

    return [written(group) for group in groups.values()]
