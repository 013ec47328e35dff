"""Several machines on one database: one head file for all of them, that never goes back."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from registry.errors import LogStopped, MalformedInput
from registry.records.log.entries import enter
from registry.records.whole.directory import Registry, create_registry, open_registry
from registry.signing.keys import Keyring
from registry.signing.log.check import check_log
from registry.signing.log.keeper import LogKeeper
from registry.signing.log.state import log_state, read_head, write_head
from tests.registry.conftest import NOW, ON_POSTGRESQL, ON_SQLITE, PUBLIC_URL, Beginning, fill
from verification.log.checkpoint import read_checkpoint

BEGINS_WITH: Mapping[str, Beginning] = {"registry": fill}


def machine(registry: Registry, place: Path, head: Path | None) -> Registry:
    """The same records from another directory, as another machine has one."""
    place.mkdir()
    told = (registry.directory / "bevis.toml").read_text("utf-8")
    (place / "bevis.toml").write_text(told + (f'log_head = "{head}"\n' if head else ""), "utf-8")
    return open_registry(place, environment={})


@pytest.fixture
def machines(registry: Registry, keyring: Keyring, tmp_path: Path) -> Iterator[list[Registry]]:
    shared = tmp_path / "shared"
    shared.mkdir()
    found = [machine(registry, tmp_path / name, shared / "log.head") for name in ("one", "two")]
    for one in found:
        keep(one, keyring)
    yield found
    for one in found:
        one.close()


def keep(registry: Registry, keyring: Keyring) -> LogKeeper:
    keeper = LogKeeper(registry, lambda: keyring, lambda: NOW)
    registry.keep_log(keeper)
    return keeper


def enter_one(registry: Registry, name: str) -> None:
    with registry.writing() as db:
        enter(db, "rules.published", NOW.date(), {"edition": name, "digest": "0" * 64})


def size_in(file: Path) -> int:
    return read_checkpoint((read_head(file) or "").split("\n\n", 1)[0] + "\n").size


@ON_POSTGRESQL
def test_two_machines_have_one_history_and_a_head_that_never_goes_back(machines: list[Registry]) -> None:
    enter_one(machines[0], "2000-01-01")
    file, seen, ends = machines[0].head_file, [0], threading.Event()

    def watch() -> None:
        while not ends.is_set():
            seen.append(size_in(file))

    def work(number: int) -> None:
        for place in range(15):
            enter_one(machines[number], f"200{number}-01-{place + 1:02}")

    watcher = threading.Thread(target=watch)
    workers = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    watcher.start()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    ends.set()
    watcher.join()
    assert seen == sorted(seen)
    with machines[1].reading() as db:
        found = check_log(db, file, NOW)
    assert found.sound
    assert found.waiting == 0
    assert found.state.head is not None
    assert found.state.head.size == size_in(file) == found.entries


@ON_POSTGRESQL
def test_what_stands_in_the_shared_file_holds_for_every_machine(
    machines: list[Registry], registry: Registry, keyring: Keyring, tmp_path: Path
) -> None:
    one, two = machines
    enter_one(one, "2000-01-01")
    before = read_head(one.head_file) or ""
    enter_one(two, "2000-01-02")
    newest = read_head(two.head_file) or ""
    # A machine that was not told of it has no head file, and signs nothing.
    third = machine(registry, tmp_path / "three", None)
    keep(third, keyring)
    with pytest.raises(LogStopped) as stopped:
        enter_one(third, "2000-01-03")
    assert stopped.value.standing == "file_missing"
    third.close()
    # The mount is gone: nobody signs.
    one.head_file.parent.rename(tmp_path / "gone")
    for each in machines:
        with pytest.raises(LogStopped):
            enter_one(each, "2000-01-03")
    (tmp_path / "gone").rename(one.head_file.parent)
    # One of them was slow: what it saw is older, and goes on from the database.
    write_head(one.head_file, before)
    enter_one(two, "2000-01-03")
    assert size_in(one.head_file) == size_in(two.head_file)
    # Another history in the file stops both.
    write_head(one.head_file, newest.replace("\n2\n", "\n9\n", 1) if "\n2\n" in newest else "strange\n")
    for each in machines:
        with each.reading() as db:
            assert log_state(db, each.head_file, NOW).standing.value in {"file_unreadable", "forked", "database_behind"}
        with pytest.raises(LogStopped):
            enter_one(each, "2000-01-04")


@ON_SQLITE
def test_the_environment_names_it_before_the_settings_do(registry: Registry, tmp_path: Path) -> None:
    settings = registry.directory / "bevis.toml"
    settings.write_text(settings.read_text("utf-8") + f'log_head = "{tmp_path}/a"\n', "utf-8")
    for environment, file in (({}, tmp_path / "a"), ({"BEVIS_LOG_HEAD": str(tmp_path / "b")}, tmp_path / "b")):
        opened = open_registry(registry.directory, environment=environment)
        assert opened.head_file == file
        opened.close()
    for wrong in ("log.head", "/srv/", "/a\\u0000b"):
        settings.write_text(f'public_url = "{PUBLIC_URL}"\nname = "x"\nlog_head = "{wrong}"\n', "utf-8")
        with pytest.raises(MalformedInput):
            open_registry(registry.directory, environment={})


@pytest.mark.parametrize("there", [True, False])
def test_a_new_registry_takes_no_head_of_another_log(tmp_path: Path, there: bool) -> None:
    head = tmp_path / "head"
    if there:
        head.write_text("somebody's")
    given = str(head if there else tmp_path / "no-directory" / "head")
    with pytest.raises(MalformedInput, match="--log-head"):
        create_registry(tmp_path / "new", public_url=PUBLIC_URL, log_head=given, environment={})
    assert not (tmp_path / "new").exists()
    made = create_registry(tmp_path / "new", public_url=PUBLIC_URL, log_head=str(tmp_path / "other"), environment={})
    assert made.head_file == tmp_path / "other"
    made.close()
