"""Which change a certificate may undergo: by its state, by what its level and scheme foresee, by reason. Pure."""

from collections.abc import Mapping
from typing import Literal

from registry.errors import AlreadyRevoked, AlreadySuspended, NotForeseen, NotSuspended, UnknownReason
from verification.certificate import display_number

Change = Literal["suspended", "reinstated", "revoked", "annulled", "superseded"]
Withdrawal = Literal["none", "annul", "withdraw"]

# It should never have been issued: the one ground that there is at every level.
FROM_THE_START = ("error", "fraud")
FOR_CAUSE = (
    *FROM_THE_START,
    "loss_of_competence",
    "misuse",
    "scheme_ended",
    "issuer_withdrawn",
    "holder_request",
)
REASONS: Mapping[Change, tuple[str, ...]] = {
    "suspended": FOR_CAUSE,
    "reinstated": (
        "error",  # it should not have been suspended
        "resolved",  # what it was suspended for is put right
        "appeal",  # a decision on appeal
    ),
    "revoked": FOR_CAUSE,
    "annulled": FROM_THE_START,
    "superseded": ("superseded", "error"),
}
# What a state that is for good leaves to be done.
FOR_GOOD = {
    "revoked": "the same occasion gives no other, but a new exam or course gives a new certificate",
    "annulled": "handing the class list in again issues a new one",
    "superseded": "change the certificate that replaced it",
}


def check_change(state: str, change: Change, number: str) -> None:
    """Whether a certificate in that state may be changed so.

    Raises AlreadyRevoked from a state that is for good, AlreadySuspended, NotSuspended.
    """
    shown = display_number(number)
    if state in FOR_GOOD:
        raise AlreadyRevoked(f"{shown} is {state}, and that is for good; {FOR_GOOD[state]}")
    if change == "suspended" and state == "suspended":
        raise AlreadySuspended(f"{shown} is suspended; it can be reinstated, or ended for good")
    if change == "reinstated" and state != "suspended":
        raise NotSuspended(f"{shown} is {state}")


def check_reason(change: Change, reason: str) -> None:
    """Whether that is a reason for such a change. Raises UnknownReason."""
    known = REASONS[change]
    if reason not in known:
        raise UnknownReason(f"{reason!r} is no reason for this; known are {', '.join(known)}")


def check_foreseen(  # noqa: PLR0913 all that it depends on
    change: Change, reason: str, number: str, *, level: str, carries_end: bool, withdrawal: Withdrawal, scheme: str
) -> None:
    """Whether its level and scheme foresee such a change for that reason (row I11 of the rules).

    carries_end  False for the levels that attest an event: what somebody took part in is not lost later
    withdrawal   what the scheme foresees

    A scheme that withdraws may end what it certifies for any cause. Elsewhere a certificate can only be found never to
    have been right: annulled for error or fraud, and suspended while that is looked into. Raises NotForeseen.
    """
    if change not in {"suspended", "revoked"} or (withdrawal == "withdraw" and carries_end):
        return
    why = (
        f"{display_number(number)} is of level {level}, which attests an event: what took place is not withdrawn later"
        if not carries_end
        else f"{scheme}, which {display_number(number)} of level {level} was issued under, foresees annulment only"
    )
    if change == "revoked":
        raise NotForeseen(f"{why}. If it should never have been issued, annul it for {' or '.join(FROM_THE_START)}")
    if reason not in FROM_THE_START:
        raise NotForeseen(
            f"{why}. It can be suspended for {' or '.join(FROM_THE_START)} only, until it is annulled or reinstated"
        )
