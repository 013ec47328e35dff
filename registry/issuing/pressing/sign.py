"""What was decided to certificates as they are kept: placed, said, signed and proved."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from levels.assess import Assessment
from registry.issuing.decisions.decide import Decided
from registry.issuing.pressing.press import Line, Press, Pressed, Signers

Place = tuple[int, int]  # list and index in the status lists


@dataclass(frozen=True)
class Signed:
    """A certificate said, signed and proved: the columns it is kept in, but for person, occasion and batch."""

    row: int
    number: str
    columns: Mapping[str, Any]


def sign(signers: Signers, decided: Sequence[tuple[Decided, Place]], now: datetime) -> list[Signed]:
    """Sign each at its place; proved against the trust as it will be once all of them are stored.

    Raises OwnProofFailed, which names the row.
    """
    press, kid = Press(signers), signers.issuer.key().kid
    press.learn({number: each.shared for number, (each, _) in enumerate(decided)})
    lines = [line_of(each, number, place) for number, (each, place) in enumerate(decided)]
    snapshots = Snapshots()
    return [
        signed(pressed, each, now, kid, snapshots)
        for (each, _), pressed in zip(decided, press.press(lines, now), strict=True)
    ]


def line_of(decided: Decided, draft: int, place: Place) -> Line:
    """What is the holder's own; draft: the number that the press knows the rest by."""
    row = decided.candidate.row
    return Line(row.row, draft, row.name, row.birth_date, place, decided.renews)


class Snapshots:
    """Assessments as they are kept; rows with one evidence have one."""

    def __init__(self) -> None:
        self._told: dict[int, tuple[Assessment, str]] = {}

    def of(self, assessment: Assessment) -> str:
        """The assessment as it stood, as JSON."""
        known = self._told.get(id(assessment))
        if known is None:
            # The assessment is kept beside it, so that its id stays its own.
            known = self._told[id(assessment)] = (assessment, snapshot(assessment))
        return known[1]


def signed(pressed: Pressed, decided: Decided, now: datetime, kid: str, snapshots: Snapshots) -> Signed:
    """What is kept of it in columns of its own, and whole."""
    said, place = decided.shared, pressed.place
    columns = {
        "number": pressed.number,
        "scheme": said.scheme,
        "scheme_version": said.scheme_version,
        "level": said.level.value,
        "edition": said.edition,
        "issuer": said.issuer.id,
        "kid": kid,
        "holder_name": decided.candidate.row.name,
        "vc_jwt": pressed.vc_jwt,
        "facts": pressed.facts,
        "evidence": decided.evidence,
        "assessment": snapshots.of(decided.assessment),
        "status_list": place[0],
        "status_index": place[1],
        "issued_at": now.replace(microsecond=0),
        "valid_from": said.valid_from,
        "valid_until": said.valid_until,
        "time_zone": said.time_zone,
        "corrects": said.corrects,
        "renews": decided.renews,
    }
    return Signed(pressed.row, pressed.number, columns)


def snapshot(assessment: Assessment) -> str:
    """The assessment as it stood: rows by id (the edition has their sentences), and the paths of independence."""
    return json.dumps(
        {
            "attained": assessment.attained,
            "asked": assessment.asked,
            "ceiling": assessment.ceiling,
            "ceiling_by": assessment.ceiling_by,
            "edition": assessment.edition,
            "on": assessment.on.isoformat(),
            "party": assessment.party,
            "unmet": {level: [row.id for row in rows] for level, rows in assessment.unmet.items()},
            "satisfied": assessment.satisfied,
            "does_not_apply": assessment.exempt,
            "recommended_missed": [row.id for row in assessment.recommended_missed],
            "independence": [pair.as_json() for pair in assessment.independence],
        }
    )
