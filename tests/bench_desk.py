"""Two people of the demo, for benchmarks: one asks for certificates, another approves them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from registry.issuing.batches.issue_batch import request_batch
from registry.issuing.batches.run import run_batch
from registry.issuing.decisions.wish import Wish
from registry.issuing.lists.outcome import BatchResult
from registry.issuing.lists.roster_row import Roster
from registry.records.actors.access import Actor, Role
from registry.records.actors.accounts import NewAccount, account_named, actor_named, add_account, grant_role
from registry.records.actors.approvals import approval_by_id, decide
from registry.records.sittings.occasions import occasion_by_id
from registry.records.whole.directory import Registry
from registry.signing.keys import Keyring

ASKS = "bench-asks"
PEOPLE: dict[str, tuple[str, Role]] = {
    ASKS: ("Bea Ask", "requester"),
    "bench-decides": ("Dee Cide", "approver"),
}


def somebody(registry: Registry, account: str, issuer: str, now: datetime) -> Actor:
    """One of the two, with an account and a role there."""
    name, role = PEOPLE[account]
    with registry.writing() as db:
        if account_named(db, account) is None:
            add_account(db, NewAccount(id=account, name=name), now, "bench")
        found = actor_named(db, account, now)
        if (issuer, role) not in found.grants:
            grant_role(db, account, issuer, role, now=now, actor="bench")
            found = actor_named(db, account, now)
    return replace(found, proven=True)


def issue(
    registry: Registry, keyring: Keyring, occasion: str, roster: Roster, now: datetime, *, at_attained: bool = False
) -> BatchResult:
    """From a class list to certificates."""
    return ready(registry, keyring, occasion, roster, now, at_attained=at_attained)()


def ready(
    registry: Registry, keyring: Keyring, occasion: str, roster: Roster, now: datetime, *, at_attained: bool = False
) -> Callable[[], BatchResult]:
    """The same, with the people there already: what it gives does the work."""
    with registry.reading() as db:
        issuer = occasion_by_id(db, occasion).issuer
    asks, decides = (somebody(registry, account, issuer, now) for account in PEOPLE)

    def work() -> BatchResult:
        with registry.writing() as db:
            asked = request_batch(db, occasion, roster, Wish(issue_at_attained=at_attained), actor=asks, now=now)
        if asked.approval is not None:
            with registry.writing() as db:
                digest = approval_by_id(db, asked.approval).digest
                decide(db, asked.approval, approve=True, digest=digest, actor=decides, now=now)
        return run_batch(registry, keyring, str(asked.batch), lambda: now)

    return work
