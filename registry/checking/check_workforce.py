"""The journey: a workforce that was read, a profile, and the register, to who lacks what. Stores nothing."""

import gc
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING

from registry.checking.gaps import Gaps, gaps
from registry.checking.holdings import EACH, with_holdings
from registry.checking.profile import Profile, check_schemes
from registry.checking.terms import SchemeTerms
from registry.checking.workforce import Worker
from registry.records.sector.extensions import Extension, extensions
from registry.records.sector.schemes import SchemeVersion, schemes
from registry.records.store.database import Database
from registry.signing.published import known_recognitions

if TYPE_CHECKING:
    from registry.records.sector.validity_policy import Validity
    from verification.trust import Recognition


def check_workforce(  # noqa: PLR0913 whose records, who, what is required, when, how
    db: Database,
    public_url: str,
    people: Sequence[Worker],
    profile: Profile,
    *,
    now: datetime,
    today: date,
    on: date | None = None,
    each: bool = False,
) -> Gaps:
    """Who lacks what for their role.

    today  the day it is where this is asked
    on     the day asked about; None = now
    each   verify every certificate by itself, however many

    Raises MalformedInput where the profile asks for what this registry does not have.
    """
    known = schemes(db)
    check_schemes(profile, (version.code for version in known))
    day = on or today
    with _sparing_the_collector():
        shown = sum(len(worker.shown) for worker in people)
        held = with_holdings(db, public_url, people, now=now, on=on, each_up_to=shown if each else EACH)
        return gaps(held, profile, day=day, ahead=day > today, now=now, terms=_terms(db, known))


def _terms(db: Database, known: Sequence[SchemeVersion]) -> Mapping[str, SchemeTerms]:
    """What every scheme asks of whoever relies on its certificates."""
    policies: dict[str, dict[str, Validity]] = defaultdict(dict)
    for version in known:
        policies[version.code][version.version] = version.new().validity
    decided: dict[str, list[Extension]] = defaultdict(list)
    for row in extensions(db):
        decided[row.scheme].append(row.decided())
    accepted: dict[str, list[Recognition]] = defaultdict(list)
    for recognition in known_recognitions(db):
        accepted[recognition.scheme].append(recognition)
    return {code: SchemeTerms(of_code, decided[code], accepted[code]) for code, of_code in policies.items()}


@contextmanager
def _sparing_the_collector() -> Iterator[None]:
    """Thousands of answers are many small objects, and each round of the collector would walk all that is loaded."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
