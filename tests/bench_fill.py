"""A registry with many certificates in it, for benchmarks: whole rows, thousands at a time, each signed as its own.

What was not worth the time is proved afterwards, by samples: the verifier finds nothing against a certificate, and
the registry's own checks of states and of batches find nothing out of step.
"""

import json
import random
import secrets
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Table
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel, col, select

from registry.issuing.pressing.prove import objections
from registry.records.issued.batches import Batch, BatchEvent, BatchRow, batches_out_of_step
from registry.records.issued.certificates import (
    FULL_ENOUGH,
    CertificateEvent,
    IssuedCertificate,
    StatusSlot,
    certificate_by_number,
    state_mismatches,
)
from registry.records.issued.outbox import HolderNotice
from registry.records.persons.people import Person, name_key
from registry.records.sittings.occasions import NewOccasion, add_occasion, occasion_of
from registry.records.store.database import Database, new_id
from registry.records.whole.directory import Registry
from registry.records.whole.unlogged import enter_unlogged
from registry.signing.keys import Keyring
from registry.signing.published import build_trust
from verification.certificate import NUMBER_BYTES, Certificate, StatusPlace, did_web, display_number, new_number
from verification.claims import to_claims
from verification.envelopes.jws import signed_jws
from verification.presented import CERTIFICATE_TYPE
from verification.status_list import HERD
from verification.strict import decode_base64url, encode_base64url
from verification.verify import verify

AT_ONCE = 10_000  # certificates in one transaction, and on one class list
SAMPLES = 20
NAME = "Fyll "
_NUMBER, _NAME, _LIST, _INDEX = "0123456789ABCDEF", "Markering Markering", 1_234_567, 98_765_432  # marks


def fill(registry: Registry, keyring: Keyring, like: str, wanted: int, now: datetime) -> None:
    """Keep that many more certificates, each like the one with that number but for its holder and its place."""
    with registry.reading() as db:
        pattern = certificate_by_number(db, like)
        occasion = NewOccasion.model_validate_json(json.dumps(occasion_of(db, pattern.occasion_id).document))
        former = db.exec(select(BatchRow).where(BatchRow.number == like)).one()
        notice = db.exec(select(HolderNotice).where(HolderNotice.certificate_id == pattern.id)).first()
        batch = db.get(Batch, former.batch_id)
        events = db.exec(select(BatchEvent).where(BatchEvent.batch_id == former.batch_id)).all()
    kept = {
        **{type(row): row.model_dump() for row in (pattern, former, batch, notice) if row is not None},
        BatchEvent: [row.model_dump() for row in events],
    }
    places = _places(registry)
    for start in range(0, wanted, AT_ONCE):
        with registry.writing() as db:
            row = add_occasion(
                db, _by_others(occasion, "".join(secrets.choice("abcdefghjkmnpqrs") for _ in range(12))), now, "bench"
            )
            signer = keyring.organisation_signer(db, pattern.issuer, now)
            made = _Made(kept, row.id, registry.public_url, signer, now)
            for _ in range(min(AT_ONCE, wanted - start)):
                made.add(next(places))
            made.keep(db)
            enter_unlogged(db, now)


def check(registry: Registry, now: datetime) -> None:
    """Hold what was filled in against what the registry says of itself. Raises ValueError."""
    with registry.reading() as db:
        if any(wrong := (state_mismatches(db), batches_out_of_step(db))):
            raise ValueError(f"out of step: {wrong}")
        filled = select(IssuedCertificate).where(col(IssuedCertificate.holder_name).startswith(NAME))
        rows = db.exec(filled.order_by(IssuedCertificate.number).limit(SAMPLES)).all()
        trust = build_trust(db, registry.public_url, now, asked=[row.number for row in rows])
    for row in rows:
        if against := objections(verify(row.vc_jwt, trust, now)):
            raise ValueError(f"{row.number} is not what it should be: {against}")


def _by_others(occasion: NewOccasion, who: str) -> NewOccasion:
    """The same with other staff: nobody examines a million people."""
    told = occasion.model_copy(update={"id": f"fill-{who}"}).model_dump_json()
    for member in {member.id for member in occasion.staff}:
        told = told.replace(f'"{member}"', f'"{member}-{who}"')
    return NewOccasion.model_validate_json(told)


def _places(registry: Registry) -> Iterator[tuple[int, int]]:
    """Places that are not taken, list after list, each half full as the registry itself fills them."""
    with registry.reading() as db:
        taken = {(row[0], row[1]) for row in db.exec(select(StatusSlot.list_number, StatusSlot.list_index))}
    number = max((one for one, _ in taken), default=0)
    while True:
        here = {index for one, index in taken if one == number}
        free = [index for index in range(HERD) if index not in here]
        yield from ((number, index) for index in random.sample(free, FULL_ENOUGH - len(here)))
        number += 1


class _Made:
    """The rows of one batch, table by table."""

    def __init__(self, kept: Mapping[Any, Any], occasion: UUID, public_url: str, signer: Any, now: datetime) -> None:
        pattern = kept[IssuedCertificate]
        self._kept, self._occasion, self._now, self._signer = kept, occasion, now, signer
        self._batch = new_id()
        # Written once, with marks where certificates differ.
        said = Certificate.model_validate_json(pattern["facts"]).model_copy(
            update={
                "number": _NUMBER,
                "holder_name": _NAME,
                "status": StatusPlace(list=_LIST, index=_INDEX),
                "issued_at": now,
            }
        )
        did = did_web(public_url, pattern["issuer"])
        kid = f"{did}#{signer.key().kid}"
        self._facts = said.model_dump_json(exclude_defaults=True).encode()
        text = signed_jws(to_claims(said, did, public_url), typ=CERTIFICATE_TYPE, kid=kid, sign=signer)
        self._header, payload, _ = text.split(".")
        self._claims = decode_base64url(payload)
        self._rows: dict[type[SQLModel], list[Mapping[str, Any]]] = {
            table: [] for table in (Person, StatusSlot, IssuedCertificate, CertificateEvent, HolderNotice, BatchRow)
        }

    def add(self, place: tuple[int, int]) -> None:
        at = len(self._rows[Person])
        person, certificate, event = new_id(), new_id(), new_id()
        number = new_number(secrets.token_bytes(NUMBER_BYTES))
        name = NAME + "".join(chr(ord("a") + int(digit)) for digit in str(person.int % 10**12)).capitalize()
        marked = {
            _NUMBER: number,
            display_number(_NUMBER): display_number(number),
            _NAME: name,
            str(_INDEX): str(place[1]),
            str(_LIST): str(place[0]),
        }
        signed = f"{self._header}.{encode_base64url(_filled(self._claims, marked))}"
        vc_jwt = f"{signed}.{encode_base64url(self._signer.sign(signed.encode()))}"
        born = f"{1950 + at % 50}-{at % 12 + 1:02d}-{at % 28 + 1:02d}"
        self._put(
            Person,
            {"merged_into": None, "post": None, "via": None, "phone": None, "email": f"{number.lower()}@example.org"},
            id=person,
            name=name,
            name_key=name_key(name),
            birth_date=datetime.fromisoformat(born).date(),
            recorded_at=self._now,
            recorded_by="bench",
        )
        self._put(StatusSlot, {}, list_number=place[0], list_index=place[1], reserved_at=self._now)
        self._put(
            IssuedCertificate,
            self._kept[IssuedCertificate],
            id=certificate,
            number=number,
            person_id=person,
            occasion_id=self._occasion,
            batch_id=self._batch,
            kid=self._signer.key().kid,
            holder_name=name,
            vc_jwt=vc_jwt,
            facts=_filled(self._facts, marked).decode(),
            status_list=place[0],
            status_index=place[1],
            issued_at=self._now,
            state="issued",
        )
        self._put(
            CertificateEvent,
            dict.fromkeys(("reason", "approval", "note", "successor")),
            id=event,
            certificate_id=certificate,
            place=1,
            kind="issued",
            at=self._now,
            effective_from=self._kept[IssuedCertificate]["valid_from"],
            actor="bench",
            organisation=self._kept[IssuedCertificate]["issuer"],
        )
        notice = self._kept[HolderNotice]
        self._put(
            HolderNotice,
            notice,
            id=new_id(),
            event_id=event,
            certificate_id=certificate,
            person_id=person,
            parameters=notice["parameters"] | {"number": number},
            created_at=self._now,
        )
        row = self._kept[BatchRow]
        self._put(
            BatchRow,
            row,
            id=new_id(),
            batch_id=self._batch,
            occasion_id=self._occasion,
            person_id=person,
            row=at + 2,
            read=row["read"] | {"name": name, "birth_date": born},
            outcome="issued",
            number=number,
        )

    def _put(self, table: type[SQLModel], like: Mapping[str, Any], **own: Any) -> None:
        self._rows[table].append({**like, **own})

    def keep(self, db: Database) -> None:
        count, connection = len(self._rows[Person]), db.connection()
        counted = {"rows": count, "issued": count, "pending": 0, "already": 0, "refused": 0, "faults": 0}
        batch = {
            "id": self._batch,
            "public_id": f"batch-{self._batch.hex[-12:]}",
            "occasion_id": self._occasion,
            "digest": secrets.token_hex(32),
        }
        _insert(connection, Batch, [self._kept[Batch] | counted | batch])
        of_batch = {"batch_id": self._batch}
        _insert(connection, BatchEvent, [one | of_batch | {"id": new_id()} for one in self._kept[BatchEvent]])
        for table, rows in self._rows.items():
            _insert(connection, table, rows)


def _filled(text: bytes, marked: Mapping[str, str]) -> bytes:
    for mark, own in marked.items():
        text = text.replace(mark.encode(), own.encode())
    return text


def _insert(connection: Connection, model: type[SQLModel], rows: Iterable[Mapping[str, Any]]) -> None:
    """With what the driver has for many rows: COPY on PostgreSQL, `executemany` on SQLite."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    columns = list(table.columns)
    to_driver = [
        json.dumps if isinstance(column.type, JSON) else column.type.bind_processor(connection.dialect)  # type: ignore[no-untyped-call]
        for column in columns
    ]
    told = (
        tuple(
            row[column.name] if change is None or row[column.name] is None else change(row[column.name])
            for column, change in zip(columns, to_driver, strict=True)
        )
        for row in rows
    )
    names = ", ".join(f'"{column.name}"' for column in columns)
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        driver.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', told)  # noqa: S608 our own names
        return
    with driver.cursor().copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
        for row in told:
            copy.write_row(row)
