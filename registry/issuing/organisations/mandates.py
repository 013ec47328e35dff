"""A mandate, granted by a certificate that the scheme's owner signs."""

from datetime import datetime

from levels.level import Level
from registry.issuing.organisations.certify import Draft, Office, certify
from registry.records.sector.mandates import Mandate, NewMandate, grant_mandate
from registry.records.sector.schemes import scheme_versions
from registry.records.store.database import Database
from verification.certificate import LANGUAGES, day_at
from verification.organisation_certificate import MandateTerms


def grant(db: Database, office: Office, new: NewMandate, now: datetime, actor: str) -> Mandate:
    """Grant it in the name of the scheme's owner, and issue the certificate that says so.

    Raises NoSigningKey where the owner has no key here to sign with, and what `grant_mandate` and `certify` raise.
    """
    mandate = grant_mandate(db, new, now, actor)
    newest = scheme_versions(db, mandate.scheme)[0]
    time_zone = newest.new().time_zone
    certify(
        db,
        office,
        Draft(
            holder=mandate.issuer,
            issuer=mandate.owner,
            attests=MandateTerms(
                mandate=mandate.public_id,
                scheme=mandate.scheme,
                versions=None if mandate.versions is None else tuple(mandate.versions),
                max_level=Level(mandate.max_level),
            ),
            names={lang: newest.titles[lang] for lang in LANGUAGES},
            decided_on=day_at(now, time_zone),
            valid_from=mandate.since,
            valid_until=mandate.until,
            time_zone=time_zone,
        ),
        now,
        actor,
        note=new.reason,
    )
    return mandate
