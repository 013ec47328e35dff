"""The one way to ask: whatever somebody has in hand, held against the register. Page, API and shell come here."""

from datetime import date
from typing import NamedTuple

from verification.findings import Finding, Findings
from verification.judge import Verdict, judge
from verification.paper import InHand, asked_about, nothing_inside, with_what_it_stood_on
from verification.presented import NotACertificate, NumberAlone, number_in, opened, told_apart
from verification.record import held_against_register, verify_record
from verification.situation import Situation
from verification.trust import Trust, TrustSource
from verification.verify import address, unreadable, verify_opened

_NOBODYS_NUMBER = "0" * 16


class Asked(NamedTuple):
    """A verdict, and whether it was on more than a number: by number alone no birth data is shown."""

    verdict: Verdict
    by_code: bool


def ask(source: TrustSource, given: InHand, situation: Situation, on: date | None = None) -> Asked:
    """The verdict on whatever somebody has in hand, with the register asked.

    given  a QR code's text, a verify address, its digits, a `vc+jwt`, the bytes of a compact token, or a number; or a
           PDF that was looked at (`looked_at`): that takes a second, in which the register need not stand still; or a
           code that was seen in a picture
    """
    asked = asked_about(given)
    if asked is None:
        return Asked(judge(nothing_inside(given, source.trust(), on), situation, source.now()), by_code=True)
    try:
        presented = opened(asked)
    except NotACertificate:
        return Asked(judge(unreadable(source.trust(), on), situation, source.now()), by_code=True)
    if isinstance(presented, NumberAlone):
        return Asked(_by_number(source, presented, situation, on), by_code=False)
    now, number = source.now(), number_in(presented)
    kept = source.token_by_number(number) if number else None
    trust = source.trust(number)
    findings = held_against_register(verify_opened(presented, trust, now, on), presented, kept, trust, now)
    shown = with_what_it_stood_on(findings, given, trust, now)
    return Asked(judge(shown, situation, now, trust), by_code=True)


def ask_by_number(source: TrustSource, text: str, situation: Situation, on: date | None = None) -> Verdict:
    """The verdict on a number; what is no number is not found either, so that nothing can be told apart."""
    try:
        in_hand = told_apart(text)
    except NotACertificate:
        in_hand = None
    # What is no number takes the same way, and the same time, as a number that nobody has.
    number = in_hand if isinstance(in_hand, NumberAlone) else NumberAlone(_NOBODYS_NUMBER, None)
    return _by_number(source, number, situation, on)


def _by_number(source: TrustSource, asked: NumberAlone, situation: Situation, on: date | None) -> Verdict:
    now, early = source.now(), address(asked.base, source.trust())
    # Another registry's number is not looked up here: it would be another certificate, if it were any. It takes the
    # same way, and the same time, as a number that nobody has.
    number = asked.number if early.outcome != "could_not_check" else _NOBODYS_NUMBER
    trust, token = source.trust(number), source.token_by_number(number)
    if token is None or number != asked.number:
        return judge(_not_found(trust, early, on), situation, now)
    return judge(verify_record(number, token, trust, now, on), situation, now, trust)


def _not_found(trust: Trust, early: Finding, on: date | None) -> Findings:
    told = () if early.outcome == "does_not_apply" else (early,)
    return Findings((*told, Finding("not_found", "could_not_check")), None, None, trust.as_of, on)
