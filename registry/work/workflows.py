"""The workflows that DBOS carries out.

Their names and the order of their steps stay as they are: what an older program began is carried on by a newer one.
A step that was interrupted runs again. That does no harm: what it issues is issued once, by the records themselves.
"""

from collections.abc import Callable

from dbos import DBOS

from registry.work.ledger import ISSUE_BATCH, ISSUE_ROWS, PRINT_BATCH, PRINT_SOME

GOES_ON = "issuing"  # the state in which another step follows
PRINTS_ON = "waiting"  # the same of an order of papers

Issue = Callable[[str], str]  # some rows of that batch, or papers of that order; gives its state
_at_work: list[Issue] = []  # of this process: DBOS has one of everything in a process
_printing: list[Issue] = []


def work_with(issue: Issue, print_some: Issue) -> None:
    """What the steps of this process do."""
    _at_work[:], _printing[:] = [issue], [print_some]


def rest() -> None:
    """Nothing any more."""
    _at_work.clear()
    _printing.clear()


@DBOS.step(name=ISSUE_ROWS)
def issue_rows(batch_id: str) -> str:
    """Some rows of a batch, in several transactions; gives its state."""
    (issue,) = _at_work
    return issue(batch_id)


@DBOS.workflow(name=ISSUE_BATCH, max_recovery_attempts=None)
def issue_batch(batch_id: str) -> str:
    """A batch, to the end or until it stops; gives its state."""
    state = GOES_ON
    while state == GOES_ON:
        state = issue_rows(batch_id)
    return state


@DBOS.step(name=PRINT_SOME)
def print_some(order_id: str) -> str:
    """Some papers of an order; gives its state."""
    (some,) = _printing
    return some(order_id)


@DBOS.workflow(name=PRINT_BATCH, max_recovery_attempts=None)
def print_batch(order_id: str) -> str:
    """An order of papers, to the end or until it stops; gives its state."""
    state = PRINTS_ON
    while state == PRINTS_ON:
        state = print_some(order_id)
    return state
