"""Of the certificates that stem from a cause: which undergo a change, which are left out and why. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from registry.errors import AlreadyRevoked, AlreadySuspended, NotForeseen, NotSuspended
from registry.issuing.changes.allowed import Change, Withdrawal, check_change, check_foreseen
from registry.records.issued.certificates_by_cause import Group, Stemming

MassVerb = Literal["suspend", "revoke", "annul", "reinstate"]
VERBS: tuple[MassVerb, ...] = get_args(MassVerb)
CHANGE_OF: Mapping[MassVerb, Change] = {
    "suspend": "suspended",
    "revoke": "revoked",
    "annul": "annulled",
    "reinstate": "reinstated",
}
# Its state is that, and that is for good; it is suspended already; it holds already; something else suspended it
# since; neither its level nor its scheme foresees the change.
Why = Literal["revoked", "annulled", "superseded", "suspended", "holds", "suspended_since", "not_foreseen"]

# In one transaction: a few seconds, and a decision that somebody can still look through.
MOST = 10_000

_ANY = "0" * 16  # what is said of one is not shown here


@dataclass(frozen=True)
class Counts:
    """How many certificates would be changed, by state, issuer and level; how many would not, by why not."""

    to_change: int
    by_state: Mapping[str, int]
    by_issuer: Mapping[str, int]
    by_level: Mapping[str, int]
    left_out: Mapping[Why, int]


def left_out(
    one: Group | Stemming,
    verb: MassVerb,
    reason: str,
    terms: tuple[bool, Withdrawal],
    suspended_by: str | None = None,
) -> Why | None:
    """Why a certificate does not undergo the change; None if it does.

    terms         whether its level carries an end, and what its scheme foresees of withdrawal
    suspended_by  of a reinstatement: the decision that suspended those to be reinstated
    """
    change, number, (carries_end, withdrawal) = CHANGE_OF[verb], _ANY, terms
    try:
        check_change(one.state, change, number)
        check_foreseen(
            change,
            reason,
            number,
            level=one.level,
            carries_end=carries_end,
            withdrawal=withdrawal,
            scheme=one.scheme,
        )
    except AlreadyRevoked:
        return one.state  # type: ignore[return-value] # one of those that are for good
    except AlreadySuspended:
        return "suspended"
    except NotSuspended:
        return "holds"
    except NotForeseen:
        return "not_foreseen"
    return "suspended_since" if verb == "reinstate" and one.last_approval != suspended_by else None


def counts_of(groups: Sequence[Group], why: Callable[[Group], Why | None]) -> Counts:
    """All of them counted; `why` as `left_out` has it."""
    changed = [group for group in groups if why(group) is None]
    out: Counter[Why] = Counter()
    for group in groups:
        if (reason := why(group)) is not None:
            out[reason] += group.certificates
    return Counts(
        to_change=sum(group.certificates for group in changed),
        by_state=_counted((group.state, group.certificates) for group in changed),
        by_issuer=_counted((group.issuer, group.certificates) for group in changed),
        by_level=_counted((group.level, group.certificates) for group in changed),
        left_out=dict(sorted(out.items())),
    )


def _counted(each: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    found: Counter[str] = Counter()
    for name, count in each:
        found[name] += count
    return dict(sorted(found.items()))
