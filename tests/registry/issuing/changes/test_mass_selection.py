"""Who undergoes a change of many and who is left out: every state × verb, with and without what the scheme foresees."""

from itertools import product
from typing import Any, get_args

import pytest

from registry.issuing.changes.mass_selection import VERBS, MassVerb, Why, counts_of, left_out
from registry.records.issued.certificates import State
from registry.records.issued.certificates_by_cause import Group

THIS, OTHER = "approval-0000000000000001", "approval-0000000000000002"
FORESEEN, ANNULS_ONLY, EVENT = (True, "withdraw"), (True, "annul"), (False, "withdraw")


def group(state: str, last: str | None = None, certificates: int = 1, **more: str) -> Group:
    given = {"issuer": "issuer", "scheme": "hot-work", "version": "1", "level": "B", "edition": "2026-01-01", **more}
    return Group(**given, state=state, last_approval=last, certificates=certificates)


@pytest.mark.parametrize(("state", "verb"), list(product(get_args(State), VERBS)))
def test_by_state(state: State, verb: MassVerb) -> None:
    reason = "resolved" if verb == "reinstate" else "fraud"
    expected: dict[tuple[str, str], Why] = {("suspended", "suspend"): "suspended", ("issued", "reinstate"): "holds"}
    for_good = state if state in {"revoked", "annulled", "superseded"} else None
    terms: Any = FORESEEN
    why = left_out(group(state, THIS), verb, reason, terms, THIS)
    assert why == (for_good or expected.get((state, verb)))


@pytest.mark.parametrize(
    ("verb", "reason", "terms", "why"),
    [
        ("revoke", "misuse", FORESEEN, None),
        ("revoke", "fraud", ANNULS_ONLY, "not_foreseen"),
        ("revoke", "fraud", EVENT, "not_foreseen"),
        ("suspend", "fraud", EVENT, None),
        ("suspend", "issuer_withdrawn", ANNULS_ONLY, "not_foreseen"),
        ("annul", "error", EVENT, None),
    ],
)
def test_by_what_is_foreseen(verb: MassVerb, reason: str, terms: Any, why: Why | None) -> None:
    assert left_out(group("issued"), verb, reason, terms) == why


@pytest.mark.parametrize(("last", "why"), [(THIS, None), (OTHER, "suspended_since"), (None, "suspended_since")])
def test_only_what_that_decision_suspended_is_reinstated(last: str | None, why: Why | None) -> None:
    terms: Any = FORESEEN
    assert left_out(group("suspended", last), "reinstate", "resolved", terms, THIS) == why


def test_everything_is_counted_once() -> None:
    groups = [
        group("issued", certificates=5),
        group("suspended", certificates=2, level="C1"),
        group("revoked", certificates=3, issuer="other"),
    ]
    terms: Any = FORESEEN
    counts = counts_of(groups, lambda one: left_out(one, "revoke", "fraud", terms))
    assert (counts.to_change, counts.left_out) == (7, {"revoked": 3})
    assert (counts.by_state, counts.by_level) == ({"issued": 5, "suspended": 2}, {"B": 5, "C1": 2})
    assert counts.by_issuer == {"issuer": 7}
