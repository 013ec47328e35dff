"""Where an entry stands and under which head, asked at once: for every proof that is handed out."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlmodel import SQLModel

from registry.records.log.entries import Place
from registry.records.log.heads import Epoch, Head
from registry.records.store.database import Database

_OF = SQLModel.metadata.tables
_ASKED = (
    text(
        "SELECT entry.epoch, entry.log_index, entry.entry, entry.salt, "
        "log_epoch.number, log_epoch.origin, log_epoch.kid, log_epoch.began_at, log_epoch.reason, "
        "signing_key.public_key, "
        "head.epoch, head.size, head.extends, head.root, head.note, head.signed_at "
        "FROM log_entry AS entry "
        "JOIN log_epoch ON log_epoch.number = entry.epoch "
        "JOIN signing_key ON signing_key.kid = log_epoch.kid "
        "JOIN log_head AS head ON head.epoch = entry.epoch "
        "AND head.size = (SELECT max(size) FROM log_head WHERE log_head.epoch = entry.epoch) "
        "WHERE entry.id = :id"
    )
    .bindparams(bindparam("id", type_=Uuid()))
    .columns(
        *(_OF["log_entry"].c[name] for name in ("epoch", "log_index", "entry", "salt")),
        *_OF["log_epoch"].columns,
        _OF["signing_key"].c.public_key,
        *_OF["log_head"].columns,
    )
)


class Placed(NamedTuple):
    """An entry in its place; key: of the log it stands in; head: the newest of that log."""

    place: Place
    epoch: Epoch
    key: bytes
    head: Head


def placed(db: Database, identity: UUID) -> Placed | None:
    """The entry of an event; None where it has no place yet, or was never entered."""
    found = db.connection().execute(_ASKED, {"id": identity}).first()
    if found is None:
        return None
    return Placed(Place._make(found[:4]), Epoch._make(found[4:9]), bytes(found[9]), Head._make(found[10:]))
