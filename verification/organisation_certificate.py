"""What a certificate about an organisation says: a mandate, an accreditation, a certified quality system, an audit.

It has a number, a place in the status lists and days like a person's, and is signed by whoever grants it.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from levels.level import Level
from verification.certificate import (
    BoundedMoment,
    Code,
    Day,
    Lang,
    Name,
    Number,
    Party,
    StatusPlace,
    Text,
    TimeZone,
)

Edition = Annotated[str, Field(pattern=r"^(19|20|21)[0-9]{2}(-[0-9]{2})?$")]
Standard = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z]*(?:[ /][A-Za-z0-9]+)*(?:-[0-9]{1,2})?$", max_length=40)]
Scope = Annotated[tuple[Name, ...], Field(max_length=40)]
Kind = Literal["mandate", "accreditation", "quality_certificate", "audit"]
Extent = Literal["full", "surveillance", "conformity"]
MOST_FINDINGS = 60


class _Facts(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )


class MandateTerms(_Facts):
    """That its holder may issue under a scheme, up to a level; versions None = all, later ones too.

    mandate  id of the mandate, as certificates issued under it name it
    """

    kind: Literal["mandate"] = "mandate"
    mandate: Code
    scheme: Code
    versions: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None
    max_level: Level


class Accreditation(_Facts):
    """That its holder is accredited by a standard in one edition, for what `scope` names."""

    kind: Literal["accreditation"] = "accreditation"
    standard: Standard
    edition: Edition
    scope: Scope = ()


class QualityCertificate(_Facts):
    """That its holder's management system meets a standard."""

    kind: Literal["quality_certificate"] = "quality_certificate"
    standard: Standard
    edition: Edition
    scope: Scope = ()


class AuditFinding(_Facts):
    """Something that was found at an audit; closed_on: the day it was put right and that was seen to."""

    ref: Code
    grade: Literal["major", "minor", "observation"]
    clause: Name | None = None
    closed_on: Day | None = None


class Audit(_Facts):
    """That its holder was audited, with what was found.

    conforms  what whoever audited it concluded
    """

    kind: Literal["audit"] = "audit"
    extent: Extent
    standard: Standard
    edition: Edition
    first_on: Day
    last_on: Day
    conforms: bool
    findings: Annotated[tuple[AuditFinding, ...], Field(max_length=MOST_FINDINGS)] = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.last_on < self.first_on:
            raise ValueError("last_on lies before first_on")
        refs = [finding.ref for finding in self.findings]
        if len(set(refs)) < len(refs):
            raise ValueError("two findings have one ref")
        if any(finding.closed_on and finding.closed_on < self.first_on for finding in self.findings):
            raise ValueError("a finding was closed before the audit began")
        if self.conforms and any(finding.grade == "major" and not finding.closed_on for finding in self.findings):
            raise ValueError("conforms cannot be true while a major finding is open")
        return self

    @property
    def open_findings(self) -> int:
        """How many are not put right yet; observations ask for nothing."""
        return sum(finding.closed_on is None and finding.grade != "observation" for finding in self.findings)


Attested = Annotated[MandateTerms | Accreditation | QualityCertificate | Audit, Field(discriminator="kind")]


class OrganisationCertificate(BaseModel):
    """The facts of one certificate about an organisation. Days are inclusive in `time_zone`.

    holder    whom it is about; issuer: who says so
    replaces  number of the certificate in whose place it came, such as an audit's whose findings were followed up
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    number: Number
    holder: Party
    issuer: Party
    title: Annotated[Mapping[Lang, Text], Field(min_length=1)]
    attests: Attested
    decided_on: Day
    issued_at: BoundedMoment
    valid_from: Day
    valid_until: Day | None = None
    time_zone: TimeZone
    replaces: Number | None = None
    status: StatusPlace

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("valid_until lies before valid_from")
        if self.replaces == self.number:
            raise ValueError("replaces names another certificate")
        return self

    @property
    def scheme(self) -> str:
        """What it is about, as a code: the scheme of a mandate, else the standard."""
        return self.attests.scheme if isinstance(self.attests, MandateTerms) else standard_code(self.attests.standard)

    @property
    def level(self) -> Level | None:
        """Up to which level a mandate reaches; nothing else has one."""
        return self.attests.max_level if isinstance(self.attests, MandateTerms) else None

    @property
    def scope(self) -> tuple[str, ...]:
        """What it extends to, where it says so."""
        return self.attests.scope if isinstance(self.attests, Accreditation | QualityCertificate) else ()

    @property
    def done_on(self) -> date:
        """The last day of an audit; of all else the first day it holds."""
        return self.attests.last_on if isinstance(self.attests, Audit) else self.valid_from


def standard_code(standard: str) -> str:
    """A standard's name as a code: ISO/IEC 17024 is iso-iec-17024."""
    return re.sub(r"[^a-z0-9]+", "-", standard.lower()).strip("-")
