"""One certificate issued over HTTP: a class list of one person, on the same way as every other."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Request, Response
from pydantic import AfterValidator, BaseModel, Field

from levels.facts import FACTS as KNOWN_FACTS
from levels.level import Level
from registry.errors import NotIssued
from registry.issuing.batches.issue_batch import note_refused, request_batch
from registry.issuing.decisions.wish import Wish
from registry.issuing.lists.class_list import ListKeys, read_class_list
from registry.issuing.lists.outcome import BatchResult, RowOutcome, UnmetRow
from registry.issuing.lists.roster import ENTRIES, FACTS
from registry.issuing.lists.roster_numbers import NUMBER_COLUMNS
from registry.issuing.lists.roster_row import Roster, fault
from registry.records.actors.access import Actor
from registry.records.actors.approvals import approval_by_id
from registry.records.issued.batches import BatchState
from registry.records.sector.schemes import scheme_version
from registry.records.store.database import Database
from registry.records.strict_input import StrictInput
from registry.web.access import Acting
from registry.web.changes import API, Writing, api_router, keep_nothing
from registry.web.dependencies import Now, TheOffice
from registry.web.problems import refusal_as_problem
from registry.web.reads import Reads
from registry.web.request_body import Given
from registry.web.routes.certificate_changes import Awaited
from registry.web.routes.certificates import A_NUMBER, shown
from registry.web.routes.occasions import occasion_for

router = api_router("/certificates", "certificates")

Text = Annotated[str, Field(max_length=1000)]
Fact = bool | int | Annotated[str, Field(max_length=100)]


def _known(facts: Mapping[str, Fact]) -> Mapping[str, Fact]:
    if not FACTS.issuperset(facts):
        raise ValueError(f"may only state {', '.join(sorted(FACTS))}")
    return facts


class CertificateToIssue(StrictInput):
    """One person who took part in an occasion, and what is said of them beside what is on record of it.

    asked        the level; left out, what the scheme aims at
    at_attained  where the asked level is missed, issue at the one that is reached
    facts        of this person, by the names that a class list has for them
    """

    occasion: Annotated[str, Field(pattern=r"^[a-z0-9-]{2,64}$", examples=["hot-work-september"])]
    name: Annotated[Text, Field(examples=["Åsa Lindström"])]
    birth_date: date | None = None
    national_number: Text | None = None
    fodselsnummer: Text | None = None
    passport: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    employer: Text | None = None
    enrolment_method: Text | None = None
    scope_classes: Annotated[list[Text], Field(max_length=100)] | None = None
    asked: Level | None = None
    at_attained: bool | None = None
    note: Text | None = None
    facts: Annotated[Mapping[str, Fact], AfterValidator(_known), Field(examples=[{"attended_minutes": 480}])] = {}

    def entry(self) -> dict[str, Any]:
        """The person as an entry of a class list."""
        said = self.model_dump(mode="json", exclude={"occasion", "facts"}, exclude_none=True)
        return {**said, **self.facts}


class CertificateIssue(BaseModel):
    """What becomes of it. The same asked again tells how far it has come; nothing is issued twice."""

    done: bool = Field(description="Whether the certificate is there.")
    state: BatchState = Field(description="Of the batch.")
    batch: str = Field(description="Id of the batch that it is issued in.")
    level: Level | None = Field(description="At which it is issued.")
    approval: Awaited | None = Field(description="What waits for the decision of a second person.")
    number: str | None = Field(description="Of the certificate, once it is there.", examples=[A_NUMBER])


@router.post(
    "",
    operation_id="issueCertificate",
    summary="Issue to one person",
    status_code=202,
    response_model=CertificateIssue,
    responses={200: {"model": CertificateIssue, "description": "The certificate is there."}},
)
def issue_(
    given: Annotated[CertificateToIssue, Given(CertificateToIssue)],
    db: Writing,
    who: Annotated[Actor, Acting("batch.request")],
    office: TheOffice,
    now: Now,
    reads: Reads,
    request: Request,
    response: Response,
) -> CertificateIssue | Response:
    """A batch of one. It is issued within seconds, or once somebody else approved, where its level asks for that.

    202 says in Location where it is followed.

    422 says what was missing: nothing is kept then, but that a number was stated that is on record of somebody else.
    """
    occasion = occasion_for(db, who, "batch.request", given.occasion, issuer_alone=True)
    if scheme_version(db, occasion.scheme, occasion.scheme_version).new().national_number == "refused":
        numbers = [name for name in NUMBER_COLUMNS if getattr(given, name) is not None]
        if numbers:
            raise NotIssued([(name, fault("column_national_number", column=name).says) for name in numbers], [])
    keys = ListKeys(lambda: office.personal_data, synthetic_too=office.settings.environment != "production")
    listed = json.dumps({ENTRIES: [given.entry()]}, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace")
    people = read_class_list(db, given.occasion, listed, keys=keys, now=now, form="json", keyring=office.keyring)
    if not people.rows:
        faults = [each for wrong in people.faults.values() for each in wrong]
        raise NotIssued([(_member(each.column), each.says) for each in faults], [])
    try:
        with db.begin_nested():
            result, row = _requested(db, given.occasion, people, who, now, keys)
    except NotIssued as refusal:
        if not note_refused(db, given.occasion, people, actor=who, now=now):
            raise
        # Answered, not raised: what was noted is to outlive it. Asked again, it is noted already.
        keep_nothing(request)
        return refusal_as_problem(request, refusal)
    done = row.outcome == "issued"
    if done:
        reads.of("certificate", str(row.number), action="batch.request")
        response.status_code = 200
    else:
        response.headers["Location"] = f"{API}/batches/{result.batch}"
    return CertificateIssue(
        done=done,
        state=result.state or "issuing",
        batch=str(result.batch),
        level=row.level,
        approval=_awaited(db, result.approval) if not done else None,
        number=shown(row.number),
    )


def _requested(
    db: Database, occasion: str, people: Roster, who: Actor, now: datetime, keys: ListKeys
) -> tuple[BatchResult, RowOutcome]:
    """A batch of one, and its row. Raises NotIssued where nothing comes of it, and what `request_batch` raises."""
    result = request_batch(db, occasion, people, Wish(), actor=who, now=now, keys=keys)
    (row,) = result.rows
    if row.outcome in {"fault", "refused"}:
        raise NotIssued([(_member(each.column), each.says) for each in row.faults], [*map(_lifted_by, row.unmet)])
    return result, row


def _awaited(db: Database, approval: str | None) -> Awaited | None:
    if approval is None:
        return None
    row = approval_by_id(db, approval)
    return Awaited(id=row.public_id, state=row.state, digest=row.digest)


def _member(column: str | None) -> str | None:
    """Where in the request it stands; None for the request as a whole."""
    if column in FACTS:
        return f"facts.{column}"
    return column if column in CertificateToIssue.model_fields else None


def _lifted_by(unmet: UnmetRow) -> tuple[str | None, Mapping[str, str]]:
    """The fact that lifts it, where it is one that may be stated, and what is missing in words."""
    rests_on = {field for name in unmet.facts for field in KNOWN_FACTS[name].fields}
    stated = sorted(FACTS & rests_on)
    member = _member(stated[0]) if len(stated) == 1 else None
    named = f" ({member})" if member else ""
    return member, {lang: f"{unmet.id} {unmet.title[lang]}. {unmet.lift[lang]}{named}" for lang in unmet.title}
