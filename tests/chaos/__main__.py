"""Kill whoever issues, over and over, on either database, and see that nothing is lost, doubled or half done.

And whoever keeps the log: it loses nothing and never has two histories; what is damaged of it is found.

`make chaos` kills two hundred times on each, and keepers of the log five hundred times;
`--kills 20 --only kills --seed 7` does less, and the same again.
"""

import argparse
import secrets
import sys
from collections.abc import Callable, Sequence

from registry.signing.keys import open_keyring
from tests.chaos.backups import backups
from tests.chaos.doors import by_fork, by_shell
from tests.chaos.full_disk import Impossible, full_disk
from tests.chaos.ground import OCCASION, ground
from tests.chaos.kills import Chaos
from tests.chaos.log_damage import flipped_bits, mutated_proofs
from tests.chaos.log_kills import log_crashes, naive_control, two_sequencers
from tests.chaos.over_http import by_service
from tests.chaos.repeats import Asked
from tests.chaos.two_desks import two_desks
from tests.chaos.workbooks import hand_in_hostile_workbooks
from tests.postgresql import NoServer, PostgresqlServer, running_server
from tests.registry.conftest import NOW, issue, one_issued, person, roster

DATABASES = ("sqlite", "postgresql")


def kills(server: PostgresqlServer | None, asked: argparse.Namespace) -> str:
    """Class lists are issued, and whoever issues them is killed."""
    with ground(server) as registry:
        by_two = by_fork("hot-work-march", NOW)  # at a level that takes a second person
        doors = [by_fork(OCCASION, None), by_two, by_service(registry, OCCASION), by_shell(OCCASION)]
        chaos = Chaos(registry, doors, seed=asked.seed)
        chaos.run(asked.kills, (40, 1500, 3000), seen=_counted)
        return str(chaos.done)


def _counted(kills: int) -> None:
    """For whoever waits at a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{kills} kills \r")
        sys.stderr.flush()


def repeats(server: PostgresqlServer | None, asked: argparse.Namespace) -> str:
    """As many certificates are asked for by API, each five times at once, and the service is killed."""
    with ground(server) as registry:
        return str(Asked(registry, seed=asked.seed).run(keys=asked.kills, repeats=5, kills=max(asked.kills // 10, 1)))


def desks(server: PostgresqlServer | None, asked: argparse.Namespace) -> str:
    """Two processes issue and revoke."""
    with ground(server) as registry:
        return str(two_desks(registry, seed=asked.seed, seconds=asked.seconds))


def full(server: PostgresqlServer | None, asked: argparse.Namespace) -> str:
    """The disk that the records are on is full."""
    rounds = max(asked.kills // 10, 1)
    return str(full_disk("postgresql" if server else "sqlite", seed=asked.seed, rounds=rounds))


def workbooks(server: PostgresqlServer | None, asked: argparse.Namespace) -> str:  # noqa: ARG001 nothing is killed
    """Workbooks that are aimed at their reader are handed in."""
    with ground(server) as registry:
        return str(hand_in_hostile_workbooks(registry))


def log(server: PostgresqlServer | None, asked: argparse.Namespace) -> str:
    """Whoever keeps the log is killed, at each of its steps and at random; and a naive one, which has to fork."""
    with ground(server) as registry:
        done = log_crashes(registry, seed=asked.seed, crashes=asked.kills * 5 // 2, moment=NOW)
    with ground(server) as registry:
        forks = naive_control(registry, seed=asked.seed, rounds=10, moment=NOW)
    assert forks, "the control did not fork: what found nothing cannot find anything"
    return f"{done}; the control forked {forks} times"


def sequencers(server: PostgresqlServer | None, asked: argparse.Namespace) -> str:
    """Two processes keep one log."""
    with ground(server) as registry:
        return str(two_sequencers(registry, seconds=asked.seconds, moment=NOW))


def bits(server: PostgresqlServer | None, asked: argparse.Namespace) -> str:
    """Bits of the log are flipped: in tables, in the head file, in what was published."""
    with ground(server) as registry:
        return flipped_bits(registry, seed=asked.seed, flips=asked.kills, moment=NOW)


def proofs(server: PostgresqlServer | None, asked: argparse.Namespace) -> str:
    """Proofs are changed: five hundred for every kill that was asked for."""
    if server is not None:
        return "nothing in them depends on the database"
    with ground(server) as registry:
        one_issued(registry, open_keyring(registry.master_key_file()))
        two = roster(person(3))
        issue(registry, open_keyring(registry.master_key_file()), "hot-work-march", two)
        return mutated_proofs(registry, seed=asked.seed, mutations=asked.kills * 500, moment=NOW)


def kept(server: PostgresqlServer | None, asked: argparse.Namespace) -> str:
    """Backups are made while others write, and put back."""
    with ground(server) as registry:
        return backups(registry, rounds=max(asked.kills * 3 // 20, 1), moment=NOW)


Chapter = Callable[[PostgresqlServer | None, argparse.Namespace], str]
CHAPTERS: dict[str, Chapter] = {
    "kills": kills,
    "repeats": repeats,
    "desks": desks,
    "full": full,
    "workbooks": workbooks,
    "log": log,
    "sequencers": sequencers,
    "bits": bits,
    "proofs": proofs,
    "backups": kept,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Each chapter on each database, and a line of what was done; exit 1 where something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    parser.add_argument("--only", choices=CHAPTERS, action="append")
    parser.add_argument("--database", choices=DATABASES, action="append")
    asked, say = parser.parse_args(arguments), print
    say(f"--seed {asked.seed}", flush=True)
    failed = False
    for database in asked.database or DATABASES:
        for chapter in asked.only or CHAPTERS:
            try:
                said = _on(database, CHAPTERS[chapter], asked)
            except AssertionError as wrong:
                failed, said = True, f"WRONG: {wrong}"
            except Impossible as why:
                said = f"not done: {why}"
            say(f"{chapter}, {database}: {said}", flush=True)
    say("something did not hold" if failed else "everything held")
    return 1 if failed else 0


def _on(database: str, chapter: Chapter, asked: argparse.Namespace) -> str:
    if database == "sqlite":
        return chapter(None, asked)
    try:
        # As durable as it is meant to be: what is acknowledged is on disk.
        with running_server(fsync="on", full_page_writes="on") as server:
            return chapter(server, asked)
    except NoServer as fault:
        raise AssertionError(str(fault)) from fault


if __name__ == "__main__":
    sys.exit(main())
