import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from registry.errors import MalformedInput, NoRegistryHere, RegistryExists
from registry.records.parties.organisations import NewOrganisation, add_organisation, organisations
from registry.records.store.database import new_id, revision
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry, create_registry, open_registry
from tests.registry.conftest import ACTOR, ON_POSTGRESQL, ON_SQLITE, OPENED, PUBLIC_URL


def _new(slug: str) -> NewOrganisation:
    return parse({"id": slug, "name": slug, "registered_on": "2020-01-01"}, NewOrganisation)


def test_what_was_written_is_there_after_opening_again(empty: Registry) -> None:
    with empty.writing() as db:
        add_organisation(db, _new("acme"), OPENED, ACTOR)
    again = open_registry(empty.directory)
    with again.reading() as db:
        (found,) = organisations(db)
    assert (found.slug, found.recorded_at, again.public_url, again.name) == ("acme", OPENED, PUBLIC_URL, "Test")
    again.close()


def test_an_exception_undoes_the_whole_transaction(empty: Registry) -> None:
    def half_done() -> None:
        with empty.writing() as db:
            add_organisation(db, _new("acme"), OPENED, ACTOR)
            raise KeyError

    with pytest.raises(KeyError):
        half_done()
    with empty.reading() as db:
        assert organisations(db) == []
        assert revision(db) == 0


def test_a_reader_cannot_write(empty: Registry) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"), empty.reading() as db:
        add_organisation(db, _new("acme"), OPENED, ACTOR)


def test_a_reader_keeps_the_moment_it_began_with(empty: Registry) -> None:
    with empty.reading() as reader:
        assert organisations(reader) == []
        with empty.writing() as db:
            add_organisation(db, _new("acme"), OPENED, ACTOR)
        assert organisations(reader) == []


def test_writers_beside_each_other_lose_no_update(empty: Registry) -> None:
    def write(name: str) -> None:
        for turn in range(25):
            with empty.writing() as db:
                add_organisation(db, _new(f"{name}-{turn}"), OPENED, ACTOR)

    writers = [threading.Thread(target=write, args=(f"writer-{one}",)) for one in "abcd"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with empty.reading() as db:
        assert len(organisations(db)) == 100
        assert revision(db) == 100


@ON_SQLITE
def test_the_database_is_set_to_survive_a_power_cut(empty: Registry) -> None:
    with empty.writing() as db:
        connection = db.connection()
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA temp_store").scalar() == 2


@ON_POSTGRESQL
def test_a_commit_lies_on_disk_whatever_the_server_usually_does(empty: Registry) -> None:
    with empty.writing() as db:
        name = db.connection().exec_driver_sql("SELECT current_database()").scalar()
        db.connection().exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    again = open_registry(empty.directory)
    with again.writing() as db:
        settings = {
            name: db.connection().exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("synchronous_commit", "transaction_isolation", "transaction_read_only", "timezone")
        }
    with again.reading() as db:
        read_only = [
            db.connection().exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("transaction_isolation", "transaction_read_only")
        ]
    again.close()
    assert list(settings.values()) == ["on", "read committed", "off", "UTC"]
    assert read_only == ["repeatable read", "on"]


def test_nobody_else_reads_the_files(empty: Registry) -> None:
    assert empty.directory.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in empty.directory.iterdir())


def test_a_second_registry_in_a_directory_is_refused(empty: Registry) -> None:
    with pytest.raises(RegistryExists):
        create_registry(empty.directory, public_url=PUBLIC_URL)


def test_a_directory_without_a_registry_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoRegistryHere, match="bevis init"):
        open_registry(tmp_path)


@pytest.mark.parametrize(
    "url", ["", "bevis.example", "ftp://x", "https://x/", "https://x/#", 'https://x"\n', "http://A"]
)
def test_an_address_that_cannot_stand_in_a_code_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(MalformedInput):
        create_registry(tmp_path / "r", public_url=url)
    assert not (tmp_path / "r").exists()


def test_settings_with_a_misspelt_key_are_refused_by_name(empty: Registry) -> None:
    settings = empty.directory / "bevis.toml"
    settings.write_text('public_ulr = "https://x"\nname = "x"\n', encoding="utf-8")
    with pytest.raises(MalformedInput, match=r"bevis.toml: public_ulr: .* did you mean public_url"):
        open_registry(empty.directory)


def test_ids_are_version_7_and_sort_in_the_order_they_were_made() -> None:
    made = [new_id() for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == 5000
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}
