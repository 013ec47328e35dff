"""What the certificates are worth that people showed: as verification finds, for thousands at once.

A few hundred certificates are each verified by themselves. Beyond that, those that say the same of all but the person
and the dates are one question: one of them is verified whole, signature and all, and where nothing speaks against it
that holds for the others, whose dates are their own. Where something does, or where a certificate has a story (it was
suspended, revoked, …), the question is put once for all that also share those days; and where the one that was
verified is not what its record says, each is verified by itself.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from pydantic import ValidationError

from registry.checking.gaps import Holding, Standing
from registry.checking.workforce import Birth, Shown, Worker
from registry.records.issued.holdings import OnRecord, documents, on_record
from registry.records.store.database import Database
from registry.signing.published import build_trust, events_of
from verification.ask import ask
from verification.case import Case
from verification.certificate import Certificate, day_at, end_of, start_of
from verification.findings import Finding, Findings, Seen
from verification.reasons import reason
from verification.situation import situation
from verification.standing import dates
from verification.trust import StatusEvent, Trust

EACH = 500  # so many are verified each by itself: well under a second
_OF_THE_PERSON = ("number", "holder_name", "birth_date", "birth_year", "status", "attended_minutes", "attended_percent")
_OF_THE_DAYS = (
    *("issued_at", "valid_from", "valid_until", "course_first_on", "course_last_on", "assessed_on", "decided_on"),
)
_COLUMNS = ("number", "holder_name", "scheme", "scheme_version", "level", "edition", "time_zone")
_PARTIES = ("training_provider", "examination_body", "issuer", "scheme_owner", "register_keeper")
_DATES = frozenset({"in_force", "in_force_no_end", "not_yet_valid", "not_issued_yet", "expired"})


def with_holdings(  # noqa: PLR0913 whose records, whose people, when, how
    db: Database,
    public_url: str,
    people: Sequence[Worker],
    *,
    now: datetime,
    on: date | None = None,
    each_up_to: int = EACH,
) -> list[tuple[Worker, tuple[Holding, ...]]]:
    """Everybody with what they showed, as it stands on the day asked about.

    on          None = now. For a day to come: as all stands now, with the dates as they will be
    each_up_to  up to so many certificates of the register each is verified by itself
    """
    shown = dict.fromkeys(one for worker in people for one in worker.shown)
    register = _Register(_Source(db, build_trust(db, public_url, now), now), on)
    alone = [one.number for one in shown if one.number is not None and one.text is None]
    held = register.by_number(on_record(db, alone), each_up_to)
    found = {one: register.asked(one) if one.text is not None else held.get(one.number) for one in shown}
    return [(worker, tuple(found[one] or register.asked(one) for one in worker.shown)) for worker in people]


class _Source:
    """A `verification.trust.TrustSource`: the records of one moment; what is asked for often is fetched beforehand."""

    def __init__(self, db: Database, trust: Trust, now: datetime) -> None:
        self._db, self._trust, self._now = db, trust, now
        self._documents: dict[str, str | None] = {}
        self._events: dict[str, tuple[StatusEvent, ...]] = {}

    def now(self) -> datetime:
        return self._now

    def trust(self, number: str | None = None) -> Trust:
        return (
            self._trust if number is None else self._trust.model_copy(update={"events": {number: self.events(number)}})
        )

    def token_by_number(self, number: str) -> str | None:
        if number not in self._documents:
            self._documents[number] = documents(self._db, [number]).get(number)
        return self._documents[number]

    def events(self, number: str) -> tuple[StatusEvent, ...]:
        if number not in self._events:
            self._events[number] = events_of(self._db, number)
        return self._events[number]

    def fetch(self, numbers: Iterable[str]) -> None:
        self._documents = dict(documents(self._db, numbers))


class _Register:
    def __init__(self, source: _Source, on: date | None) -> None:
        self._source, self._on = source, on
        self._trust, self._now = source.trust(), source.now()
        self._turns: dict[tuple[str, str, str], tuple[list[date], list[datetime]]] = {}
        self._dates: dict[tuple[str, date, date | None, date], Finding] = {}

    def by_number(self, records: Mapping[str, OnRecord], each_up_to: int) -> dict[str | None, Holding]:
        """All that are here."""
        return self._held(records.values(), each=len(records) <= each_up_to)

    def asked(self, shown: Shown) -> Holding:
        """Whatever it is, by itself: a code, a full certificate, an address, a number that is not here."""
        given = shown.text or shown.number or ""
        standing, seen = self._standing(given, None)
        # The day is asked about where the scheme keeps its time, which only the certificate tells.
        if seen is not None and (day := self._asked_day(seen.time_zone)) is not None:
            standing, seen = self._standing(given, day)
        return self._holding(shown.number, standing, seen)

    def _standing(self, given: str, on: date | None) -> tuple[Standing, Seen | None]:
        """What is found of it but for the dates, and what it says."""
        verdict = ask(self._source, given, _ANY_USE, on).verdict
        found = Findings(
            tuple(one for one in verdict.reasons if one.code not in _DATES),
            verdict.certificate,
            None,
            verdict.known_as_of,
            verdict.on,
        )
        seen = verdict.certificate
        recognised = seen is not None and self._trust.recognitions_of(seen.scheme)
        return Standing(found, self._source.trust(seen.number) if seen and recognised else None), seen

    def _held(self, records: Iterable[OnRecord], *, each: bool) -> dict[str | None, Holding]:
        held: dict[str | None, Holding] = {}
        alike: list[_Read] = []
        storied: list[_Read] = []
        alone: list[_Read] = []
        for record in records:
            read = _read(record)
            if each or record.issued_at > self._now or read.rest is None:
                alone.append(read)
            elif record.history is not None or record.state != "issued":
                storied.append(read)
            else:
                alike.append(read)
        storied += self._settle(alike, self._alike, held, only_clean=True)
        alone += self._settle(storied, _exactly_alike, held)
        self._settle(alone, lambda read: read.record.number, held)
        return held

    def _settle(
        self,
        reads: Sequence["_Read"],
        alike: Callable[["_Read"], Hashable],
        held: dict[str | None, Holding],
        *,
        only_clean: bool = False,
    ) -> list["_Read"]:
        """Verify one of each group, and hold the group to it. Returns those that need a closer look."""
        groups: dict[Hashable, list[_Read]] = defaultdict(list)
        for read in reads:
            groups[alike(read)].append(read)
        self._source.fetch(group[0].record.number for group in groups.values())
        closer: list[_Read] = []
        for group in groups.values():
            first = group[0].record
            standing, seen = self._standing(first.number, self._asked_day(first.time_zone))
            if len(group) == 1:
                held[first.number] = self._holding(first.number, standing, seen)
            elif seen is None or not _is_as_said(seen, first) or (only_clean and not _is_clean(standing)):
                closer += group
            else:
                for read in group:
                    held[read.record.number] = self._like(read, standing, seen)
        return closer

    def _alike(self, read: "_Read") -> Hashable:
        """What certificates share that differ in nothing but the person and the days.

        Between two days of issue with the same answer lies none of the days that the trust has of the issuer, of its
        mandates for the scheme, of who accepts the scheme, and of the key.
        """
        record = read.record
        days, moments = self._turning_points(record)
        issued = self._day_of(record)
        return (
            record.header,
            read.rest,
            *((issued > day) - (issued < day) for day in days),
            *((record.issued_at > moment) - (record.issued_at < moment) for moment in moments),
        )

    def _turning_points(self, record: OnRecord) -> tuple[list[date], list[datetime]]:
        which = (record.issuer, record.scheme, record.kid)
        if which not in self._turns:
            issuer = self._trust.organisations.get(record.issuer)
            key = self._trust.key_of(record.issuer, record.kid)
            days = [issuer.registered_on, issuer.struck_off_on, issuer.closed_on] if issuer else []
            for one in self._trust.mandates_of(record.issuer, record.scheme):
                days += [one.since, one.until, one.withdrawn_from]
            for accepted in self._trust.recognitions_of(record.scheme):
                days += [accepted.issued_from, accepted.issued_until]
            moments = [key.not_before, key.retired_at, key.compromised_since] if key else []
            self._turns[which] = (
                [day for day in days if day is not None],
                [moment for moment in moments if moment is not None],
            )
        return self._turns[which]

    def _like(self, read: "_Read", standing: Standing, like: Seen) -> Holding:
        """A certificate that was not opened, held to one that says the same of all but the person and the days."""
        record, issued, today = read.record, self._day_of(read.record), day_at(self._now, read.record.time_zone)
        return Holding(
            number=record.number,
            standing=standing,
            dates=self._dates_of(like, record.valid_from, record.valid_until, issued),
            scheme=record.scheme,
            version=record.scheme_version,
            level=record.level,
            holder_name=record.holder_name,
            birth=read.birth,
            scope_classes=frozenset(like.scope_classes),
            valid_until=record.valid_until,
            shown_on=read.proof_on or issued,
            today=today,
            day=self._on or today,
        )

    def _holding(self, number: str | None, standing: Standing, seen: Seen | None) -> Holding:
        """A certificate by what was signed."""
        if seen is None:
            return Holding(number=number, standing=standing)
        full = seen.full
        recorded = (event.effective_from for event in self._source.events(seen.number) if event.kind == "issued")
        at = next(recorded, full.issued_at if full else None)
        issued = day_at(at, seen.time_zone) if at else None
        proof = (full.assessed_on or full.course_last_on) if full else None
        return Holding(
            number=seen.number,
            standing=standing,
            dates=self._dates_of(seen, seen.valid_from, seen.valid_until, issued),
            scheme=seen.scheme,
            version=full.scheme_version if full else None,
            level=seen.level and seen.level.value,
            holder_name=seen.holder_name,
            birth=seen.birth,
            scope_classes=frozenset(seen.scope_classes),
            valid_until=seen.valid_until,
            shown_on=proof or issued or seen.valid_from,
            today=day_at(self._now, seen.time_zone),
            day=self._on or day_at(self._now, seen.time_zone),
        )

    def _dates_of(self, like: Seen, valid_from: date, valid_until: date | None, issued: date | None) -> Finding:
        """Verification's own word on the dates, on the day asked about."""
        zone = like.time_zone
        key = (zone, valid_from, valid_until, issued or date.min)
        if key not in self._dates:
            seen = like._replace(
                not_before=start_of(valid_from, zone),
                expires=end_of(valid_until, zone) if valid_until else None,
                valid_from=valid_from,
                valid_until=valid_until,
            )
            on = self._on if self._on != day_at(self._now, zone) else None
            self._dates[key] = dates(
                Case(
                    seen=seen,
                    key=self._trust.keys[0],  # some key has signed; dates look at none
                    trust=self._trust,
                    now=self._now,
                    on=on,
                    history=(),
                    signed_at=start_of(issued or valid_from, zone),
                    signed_at_known=issued is not None,
                    issue_day=issued or valid_from,
                    trust_is_older=False,
                )
            )
        return self._dates[key]

    def _asked_day(self, zone: str) -> date | None:
        """The day to ask verification about: none for a day to come, which nobody knows of; dates are seen to apart."""
        return None if self._on is None or self._on > day_at(self._now, zone) else self._on

    def _day_of(self, record: OnRecord) -> date:
        return day_at(record.issued_at, record.time_zone)


_PERSONAL_OR_DATED = frozenset({*_OF_THE_PERSON, *_OF_THE_DAYS})
# Whether it stands at all; what a requirement needs beyond that is judged requirement by requirement.
_ANY_USE = situation().model_copy(update={"id": "any_use", "subject": None})


def _is_clean(standing: Standing) -> bool:
    """Whether nothing that decides speaks against it, or could not be checked."""
    return all(
        one.outcome in {"passed", "does_not_apply"} or reason(one.code).severity != "decisive"
        for one in standing.findings.findings
    )


class _Read(NamedTuple):
    """A record and what its facts say.

    rest      of them, without the person and the days; None where columns and facts do not say the same
    proof_on  the day of the assessment, else the last one of the course
    """

    record: OnRecord
    rest: str | None
    birth: Birth = None
    proof_on: date | None = None


def _read(record: OnRecord) -> _Read:
    try:
        said = json.loads(record.facts)
        until = record.valid_until.isoformat() if record.valid_until else None
        alike = (
            all(said.get(fact) == getattr(record, fact) for fact in _COLUMNS)
            and said["issuer"]["id"] == record.issuer
            and said["valid_from"] == record.valid_from.isoformat()
            and said.get("valid_until") == until
        )
        birth = _day(said.get("birth_date")) or said.get("birth_year")
        proof_on = _day(said.get("assessed_on")) or _day(said.get("course_last_on"))
    except (ValueError, TypeError, KeyError, AttributeError):
        return _Read(record, None)  # no record of ours looks so; what was signed is looked at instead
    if not alike:
        return _Read(record, None)
    return _Read(record, repr({fact: said[fact] for fact in said if fact not in _PERSONAL_OR_DATED}), birth, proof_on)


def _exactly_alike(read: _Read) -> Hashable:
    """What certificates share that differ in nothing but the person: the days, and all that has happened, too."""
    said = json.loads(read.record.facts)
    rest = repr({fact: said[fact] for fact in said if fact not in _OF_THE_PERSON})
    return read.record.header, rest, read.record.issued_at, read.record.state, read.record.history


def _is_as_said(seen: Seen, record: OnRecord) -> bool:
    """Whether what was signed is what the record says; organisations go by the name the register has for them now."""
    try:
        said = Certificate.model_validate_json(record.facts)
    except ValidationError:
        return False
    return seen.full is not None and _without_names(seen.full) == _without_names(said)


def _without_names(said: Certificate) -> Certificate:
    parties = {fact: getattr(said, fact) for fact in _PARTIES}
    return said.model_copy(update={fact: party and party.id for fact, party in parties.items()})


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
