"""A small sector in a real registry: on SQLite and on PostgreSQL, real keys, a clock that stands still."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import text

from registry.issuing.batches.issue_batch import request_batch
from registry.issuing.batches.run import run_batch
from registry.issuing.changes.reinstate import ask_to_reinstate, reinstate, suspended_for
from registry.issuing.decisions.wish import Wish
from registry.issuing.lists.outcome import BatchResult
from registry.issuing.lists.roster_row import Roster, RosterRow
from registry.records.actors.access import ROLES, Actor, Role
from registry.records.actors.accounts import (
    NewAccount,
    account_named,
    actor_named,
    add_account,
    grant_role,
    memberships_of,
)
from registry.records.actors.approvals import Approval, approval_by_id, decide
from registry.records.issued.certificates import IssuedCertificate, certificate_by_number
from registry.records.mandates.mandate_decisions import NewMandate, grant_mandate
from registry.records.parties.organisations import Sector, add_sector, organisations
from registry.records.sector.scheme_document import NewScheme
from registry.records.sector.scheme_drafts import draft_scheme
from registry.records.sector.schemes import SchemeVersion, keep_version
from registry.records.sittings.occasions import NewOccasion, add_occasion
from registry.records.store.database import Database, new_id
from registry.records.strict_input import parse, read_toml
from registry.records.whole.directory import Registry, create_registry, open_registry
from registry.signing.keys import Keyring, create_master_key, open_keyring
from registry.signing.personal_data import PersonalData, create_index_key, open_personal_data
from tests.postgresql import OURS, in_memory

PUBLIC_URL = "https://bevis.example"
OPENED = datetime(2026, 1, 2, 12, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 13, 15, 30, tzinfo=UTC)
ACTOR = "test"

SECTOR = b"""
organisation = [
    { id = "sector", name = "Branschen", sector_body = true, registered_on = 2010-01-01 },
    { id = "trainer", name = "Utbildarna AB", registered_on = 2015-01-01 },
    { id = "examiner", name = "Provhuset AB", registered_on = 2015-01-01 },
    { id = "issuer", name = "Utgivaren AB", registered_on = 2015-01-01 },
    { id = "keeper", name = "Registerhuset AB", registered_on = 2015-01-01 },
    { id = "auditor", name = "Revision AB", registered_on = 2015-01-01 },
    { id = "solo", name = "Lindgren enskild firma", registered_on = 2015-01-01 },
    { id = "owner-person", name = "Ove Ohlsson", kind = "person", registered_on = 2015-01-01 },
]
declaration = [
    { organisation = "trainer", kind = "ties_complete", on = 2026-01-13 },
    { organisation = "examiner", kind = "ties_complete", on = 2026-01-13 },
    { organisation = "issuer", kind = "ties_complete", on = 2026-01-13 },
    { organisation = "keeper", kind = "ties_complete", on = 2026-01-13 },
    { organisation = "auditor", kind = "ties_complete", on = 2026-01-13 },
    { organisation = "issuer", kind = "responsible_people", on = 2025-01-01, value = 2 },
    { organisation = "issuer", kind = "open_to_all", on = 2025-01-01 },
    { organisation = "issuer", kind = "appeals", on = 2025-01-01 },
    { organisation = "issuer", kind = "corrective_action", on = 2025-01-01 },
    { organisation = "issuer", kind = "succession_plan", on = 2025-01-01 },
    { organisation = "issuer", kind = "conflicts", on = 2025-12-13 },
    { organisation = "issuer", kind = "accredited", on = 2025-01-01, confirmed_by = "auditor" },
    { organisation = "issuer", kind = "quality_review", on = 2025-05-13, confirmed_by = "auditor" },
    { organisation = "issuer", kind = "surveillance", on = 2025-09-13, confirmed_by = "auditor" },
    { organisation = "issuer", kind = "full_audit", on = 2024-07-13, confirmed_by = "auditor" },
    { organisation = "trainer", kind = "staff_records", on = 2025-01-01, value = "own", confirmed_by = "auditor" },
    { organisation = "examiner", kind = "staff_records", on = 2025-01-01, value = "own", confirmed_by = "auditor" },
    { organisation = "solo", kind = "responsible_people", on = 2025-01-01, value = 1 },
    { organisation = "solo", kind = "staff_records", on = 2025-01-01, value = "own" },
]
"""

HOT_WORK: dict[str, Any] = {
    "code": "hot-work",
    "owner": "sector",
    "version": "1",
    "max_level": "B",
    "target_level": "B",
    "scheme_document": "full",
    "mandatory_minutes": 480,
    "item_bank_owner": "sector",
    "item_bank_secured": True,
    "recertification": True,
    "surveillance_means": True,
    "withdrawal": "withdraw",
    "birth": "date",
    "published_on": "2024-01-01",
    "validity": {"months": 60, "anchor": "decided_on", "round_to_month_end": True},
    "titles": {"sv": "Heta arbeten", "nb": "Varme arbeider", "en": "Hot work"},
    "content": {"sv": ["Släcka"], "nb": ["Slukke"], "en": ["Put out"]},
}

COURSE: dict[str, Any] = HOT_WORK | {
    "code": "own-course",
    "owner": "solo",
    "max_level": "D",
    "target_level": "D",
    "scheme_document": "course",
    "item_bank_owner": None,
    "item_bank_secured": None,
    "share_printed": True,
    "withdrawal": "annul",
    "birth": "year",
}

OCCASION: dict[str, Any] = {
    "id": "hot-work-march",
    "scheme": "hot-work",
    "training_provider": "trainer",
    "examination_body": "examiner",
    "issuer": "issuer",
    "register_keeper": "keeper",
    "exam_on": "2026-03-12",
    "decided_on": "2026-03-13",
    "delivery": "classroom",
    "language_training": "sv",
    "language_test": "sv",
    "attendance_check": "session",
    "exam_supervision": "on_site",
    "exam_face": "portrait",
    "identity_unbroken": True,
    "examiner_last_taught": "never",
    "session": [{"on": "2026-03-11", "minutes": 480}],
    "staff": [
        {"id": "inga", "name": "Inga Instruktör", "role": "instructor"},
        {"id": "eva", "name": "Eva Examinator", "role": "examiner"},
        {"id": "bo", "name": "Bo Beslut", "role": "decision_maker"},
    ],
    "identity": {
        "enrolment": {"method": "passport"},
        "attendance": {"method": "passport"},
        "exam": {"method": "passport"},
    },
}

SOLO: dict[str, Any] = {
    **OCCASION,
    "id": "own-course-march",
    "scheme": "own-course",
    "training_provider": "solo",
    "examination_body": "solo",
    "issuer": "solo",
    "register_keeper": None,
    "attendance_check": "day",
    "exam_face": "seen",
    "examiner_last_taught": None,
    "staff": [
        {"id": "lind", "name": "Lisa Lindgren", "role": role} for role in ("instructor", "examiner", "decision_maker")
    ],
    "identity": {
        "enrolment": {"method": "passport"},
        "attendance": {"carried_over": True},
        "exam": {"carried_over": True},
    },
}

GOOD: dict[str, bool | int | str] = {
    "attended_minutes": 480,
    "passed_all": True,
    "result_recorded": True,
    "portrait": True,
}


def occasion_like(base: dict[str, Any], **change: Any) -> NewOccasion:
    given = {name: value for name, value in (base | change).items() if value is not None}
    return parse(given, NewOccasion)


def scheme_like(base: dict[str, Any], **change: Any) -> NewScheme:
    return parse({name: value for name, value in (base | change).items() if value is not None}, NewScheme)


def publish_scheme(db: Database, new: NewScheme, now: datetime = OPENED, actor: str = ACTOR) -> SchemeVersion:
    """A version at any level, published as if two people had agreed on it."""
    draft = draft_scheme(db, new, now, actor)
    version = keep_version(db, new, new.published_on or now.date(), now, actor)
    db.delete(draft)
    db.flush()
    return version


def person(row: int, name: str = "", born: str = "1990-05-17", **change: Any) -> RosterRow:
    facts = {**GOOD, **change.pop("facts", {})}
    given: dict[str, Any] = {"email": f"p{row}@example.com", **change}
    return RosterRow(
        row=row,
        name=name or f"Person {chr(63 + row)}",
        birth_date=datetime.fromisoformat(born).date() if born else None,
        facts={fact: value for fact, value in facts.items() if value is not None},
        **given,
    )


def roster(*rows: RosterRow, **more: Any) -> Roster:
    return Roster(rows=rows, digest=sha256(repr((rows, more)).encode()).hexdigest(), **more)


def employ(registry: Registry, account: str = "desk") -> None:
    """Somebody who holds every role everywhere; only tests know such a person."""
    moment = datetime.now(UTC)
    with registry.writing() as db:
        add_account(db, parse({"id": account, "name": "Dag Eskilsson"}, NewAccount), OPENED, ACTOR)
        places = [None, *(one.slug for one in organisations(db) if one.kind != "person")]
        held = {(one.organisation, one.role) for one in memberships_of(db, account)}
        for place, role in product(places, ROLES):
            if (place, role) not in held:
                grant_role(db, account, place, role, now=moment, actor=ACTOR)


def two_people(db: Database, organisation: str | None) -> tuple[Actor, Actor]:
    """Who asks and who decides in an organisation, both proven."""
    people: list[tuple[str, str, str, Role]] = [
        ("asa", "Åsa Begärsson", "1980-02-02", "requester"),
        ("bo", "Bo Beslutare", "1975-03-03", "approver"),
    ]
    for slug, name, born, role in people:
        if account_named(db, slug) is None:
            add_account(db, parse({"id": slug, "name": name, "birth_date": born}, NewAccount), LONG_AGO, ACTOR)
        if not any((held.organisation, held.role) == (organisation, role) for held in memberships_of(db, slug)):
            grant_role(db, slug, organisation, role, now=LONG_AGO, actor=ACTOR)
    asa, bo = (Actor(slug, frozenset({(organisation, role)}), proven=True) for slug, _, _, role in people)
    return asa, bo


STAFF: dict[str, tuple[str, Role]] = {
    "olga": ("Olga Ordning", "operator"),
    "rita": ("Rita Begär", "requester"),
    "anders": ("Anders Avgör", "approver"),
}


def hire(registry: Registry) -> None:
    """Whoever asks for certificates and whoever decides, for every issuer; the first account runs the registry."""
    with registry.reading() as db:
        if account_named(db, "rita") is not None:
            return
    with registry.writing() as db:
        for account, (name, role) in STAFF.items():
            add_account(db, NewAccount(id=account, name=name), OPENED, ACTOR)
            for one in organisations(db) if role != "operator" else ():
                if one.kind != "person":
                    grant_role(db, account, one.slug, role, now=OPENED, actor=ACTOR)


def actor(registry: Registry, account: str, now: datetime = NOW) -> Actor:
    """Somebody who has shown who they are."""
    hire(registry)
    with registry.reading() as db:
        return replace(actor_named(db, account, now), proven=True)


def approve(registry: Registry, approval: str, by: str = "anders", now: datetime = NOW) -> None:
    anders = actor(registry, by, now)
    with registry.writing() as db:
        digest = approval_by_id(db, approval).digest
        decide(db, approval, approve=True, digest=digest, actor=anders, now=now)


def issue(registry: Registry, keyring: Keyring, occasion: str, listed: Roster, **more: Any) -> BatchResult:
    """From a class list to certificates: Rita asks, Anders approves where that is needed, and the batch is run."""
    now, keys = more.pop("now", NOW), more.pop("keys", None)
    rita = actor(registry, "rita", now)
    with registry.writing() as db:
        result = request_batch(db, occasion, listed, Wish(**more), actor=rita, now=now, keys=keys)
    if result.state == "waiting":
        approve(registry, str(result.approval), now=now)
    return result if result.state in {"held", "done"} else run(registry, keyring, str(result.batch), now)


def run(registry: Registry, keyring: Keyring, batch: str, now: datetime = NOW) -> BatchResult:
    """Issue what is pending of a batch, and tell what became of it."""
    return run_batch(registry, keyring, batch, lambda: now)


def approved(db: Database, asked: Approval, by: Actor, now: datetime) -> Approval:
    return decide(db, asked.public_id, approve=True, digest=asked.digest, actor=by, now=now)


def reinstate_by_two(db: Database, number: str, *, reason: str, now: datetime, actor: str) -> IssuedCertificate:
    asa, bo = two_people(db, suspended_for(db, certificate_by_number(db, number)))
    approved(db, ask_to_reinstate(db, number, reason=reason, actor=asa, now=now), bo, now)
    return reinstate(db, number, reason=reason, now=now, actor=actor)


@dataclass(frozen=True)
class Template:
    """A registry that is closed and only copied."""

    directory: Path
    database: str | None  # name of its PostgreSQL database


Beginning = Callable[[Registry, Keyring], object]
Templates = Callable[[str, Beginning | None], Template]


@pytest.fixture(scope="session")
def registries() -> Iterator[Path]:
    """Where tests keep their registries: in memory, if the machine has room there."""
    with TemporaryDirectory(prefix=OURS, dir=in_memory()) as place:
        yield Path(place)


@pytest.fixture(scope="session")
def templates(request: pytest.FixtureRequest, registries: Path) -> Templates:
    """Registries to copy, made once: of that database, empty or with what the test begins with."""

    @cache
    def template(database: str, beginning: Beginning | None) -> Template:
        if beginning not in {None, fill}:
            return further(template(database, fill), beginning)
        place = registries / f"template-{new_id().hex}"
        name = url = None
        if database == "postgresql":
            server = request.getfixturevalue("postgresql")
            name = server.create()
            url = server.url(name)
        made = create_registry(place, public_url=PUBLIC_URL, name="Test", database=url, environment={})
        if beginning is not None:
            create_master_key(made.master_key_file())
            beginning(made, open_keyring(made.master_key_file()))
        made.close()
        return Template(place, name)

    def further(before: Template, beginning: Beginning) -> Template:
        name = None
        if before.database is not None:
            name = request.getfixturevalue("postgresql").create(before.database)
        made = copied(before, registries, request, name)
        beginning(made, open_keyring(made.master_key_file()))
        made.close()
        return Template(made.directory, name)

    return template


def copied(template: Template, registries: Path, request: pytest.FixtureRequest, database: str | None) -> Registry:
    """Another registry with the same in it; database: name of its PostgreSQL database, a copy already."""
    place = registries / new_id().hex
    shutil.copytree(template.directory, place)
    if template.database is not None and database is not None:
        server = request.getfixturevalue("postgresql")
        settings = place / "bevis.toml"
        told = settings.read_text("utf-8").replace(server.url(template.database), server.url(database))
        settings.write_text(told, "utf-8")
    return open_registry(place, environment={})


def fill(registry: Registry, keyring: Keyring) -> None:
    """Two schemes, two occasions, a mandate up to B, and keys."""
    with registry.writing() as db:
        keyring.prepare(db, OPENED, ACTOR)
        add_sector(db, read_toml(SECTOR, Sector), OPENED, ACTOR)
        for slug in ("issuer", "solo", "sector"):
            keyring.create_organisation_key(db, slug, OPENED, ACTOR)
        publish_scheme(db, scheme_like(HOT_WORK))
        publish_scheme(db, scheme_like(COURSE))
        mandate = {"scheme": "hot-work", "issuer": "issuer", "max_level": "B", "since": "2026-01-01"}
        grant_mandate(db, parse(mandate, NewMandate), OPENED, ACTOR)
        add_occasion(db, occasion_like(OCCASION), OPENED, ACTOR)
        add_occasion(db, occasion_like(SOLO), OPENED, ACTOR)


def one_issued(registry: Registry, keyring: Keyring) -> None:
    """The sector, and a certificate of hot work."""
    issue(registry, keyring, "hot-work-march", roster(person(2)))


# For what is the same on both, or is there on one alone.
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def let_history_be_changed(db: Database) -> None:
    """Take away all that keeps records as they were, as somebody with the database in hand can."""
    connection = db.connection()
    if connection.dialect.name == "sqlite":
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        drops = [f"DROP TRIGGER {name}" for name in found]
    else:
        query = "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"
        drops = [f"DROP TRIGGER {name} ON {table}" for name, table in connection.execute(text(query)).all()]
    assert drops
    for statement in drops:
        connection.execute(text(statement))


def everything_stored(registry: Registry) -> bytes:
    """All that lies in the database: the bytes of SQLite's files, or every value in every row of PostgreSQL."""
    if (registry.directory / "registry.db").exists():
        return b"".join(file.read_bytes() for file in sorted(registry.directory.glob("registry.db*")))
    with registry.reading() as db:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        tables = db.connection().execute(text(query)).scalars().all()
        rows = [row for table in tables for row in db.connection().execute(text(f"SELECT * FROM {table}"))]  # noqa: S608 own names
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Both databases, one after the other: whoever needs a registry is run on each."""
    return str(request.param)


def begins_with(request: pytest.FixtureRequest) -> Beginning | None:
    """What lies in the registry before the test: what its module's `BEGINS_WITH` says of a fixture that it asks for.

    So what many tests of a module begin with is made once, and then only copied and read.
    """
    more: Mapping[str, Beginning] = getattr(request.module, "BEGINS_WITH", {})
    stages = {**more, "issued": one_issued, "registry": fill, **more}
    return next((begin for fixture, begin in stages.items() if fixture in request.fixturenames), None)


@pytest.fixture
def empty(database: str, templates: Templates, request: pytest.FixtureRequest, registries: Path) -> Iterator[Registry]:
    """A registry of the test's own: with nothing in it, or with the sector where the test asks for `registry`."""
    template = templates(database, begins_with(request))
    with ExitStack() as open_:
        name = None
        if template.database is not None:
            server = request.getfixturevalue("postgresql")
            name = server.create(template.database)
            open_.callback(server.drop, name)
        opened = copied(template, registries, request, name)
        open_.callback(shutil.rmtree, opened.directory, ignore_errors=True)
        open_.callback(opened.close)
        yield opened


@pytest.fixture
def keyring(empty: Registry) -> Keyring:
    if not empty.master_key_file().exists():
        create_master_key(empty.master_key_file())
    return open_keyring(empty.master_key_file())


@pytest.fixture
def data(empty: Registry, keyring: Keyring) -> PersonalData:  # noqa: ARG001 the master key is there
    """What seals, opens and finds."""
    create_index_key(empty.index_key_file())
    return open_personal_data(empty.master_key_file(), empty.index_key_file())


@pytest.fixture
def registry(empty: Registry, keyring: Keyring) -> Registry:  # noqa: ARG001 its keys are in it
    """Two schemes, two occasions, a mandate up to B, and keys."""
    return empty


@pytest.fixture
def add(registry: Registry) -> Callable[..., str]:
    """Adds an occasion that differs from one of the two; returns its id."""

    def adding(base: dict[str, Any], **change: Any) -> str:
        with registry.writing() as db:
            return add_occasion(db, occasion_like(base, **change), OPENED, ACTOR).public_id

    return adding
