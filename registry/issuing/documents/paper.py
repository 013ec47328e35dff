"""From a certificate on record to a sealed file: what it says, how its issuer's paper looks, print, seal.

    with registry.reading() as db:
        what = to_print(db, keyring, row, "sv", registry.public_url, now)
    sealed_pdf(what, "diploma", chain, now)

What is read is read in one snapshot; printing and sealing need no database.
"""

from collections.abc import Callable
from datetime import datetime

from registry.issuing.documents.codes import qr_text
from registry.issuing.documents.sheet import Page, Picture, Print, sheet_of
from registry.records.issued.certificates import IssuedCertificate
from registry.records.parties.designs import Design, design_of
from registry.records.persons.people import all_records_of
from registry.records.persons.portraits import FIELD, PersonPortrait, portrait_of
from registry.records.sector.schemes import scheme_version
from registry.records.store.database import Database
from registry.signing.keys import Keyring
from registry.signing.personal_data import PersonalData
from registry.signing.published import as_signed
from registry.signing.seal.chain import Chain


def wants_portrait(db: Database, row: IssuedCertificate) -> bool:
    """Whether its scheme asks for a picture beside the name, as FAO § 8-2 does in Norway."""
    return bool(scheme_version(db, row.scheme, row.scheme_version).document.get("portrait_required"))


def to_print(  # noqa: PLR0913, PLR0917 which, for whom, when
    db: Database,
    keyring: Keyring,
    row: IssuedCertificate,
    lang: str,
    public_url: str,
    now: datetime,
    personal_data: Callable[[], PersonalData],
) -> Print:
    """All that goes on its paper. Raises NoSigningKey, NotLoggedYet, RecordDamaged, SealDoesNotOpen."""
    said, design = as_signed(db, row), design_of(db, row.issuer)
    return Print(
        sheet=sheet_of(said, lang, public_url),
        code=qr_text(db, keyring, row, public_url, now),
        certificate=row.vc_jwt,
        at=said.issued_at,
        accent=design.accent if design else None,
        logo=_logo(design),
        portrait=_portrait(db, row, personal_data) if wants_portrait(db, row) else None,
    )


def sealed_pdf(what: Print, page: Page, chain: Chain, now: datetime, time: str | None = None) -> bytes:
    """The file with the registry's seal; time: the address of whoever vouches for the moment, None = nobody.

    Raises Unprintable, TimestampUnavailable.
    """
    # Half a second, which few commands need.
    from registry.issuing.documents.printing import printed_pdf
    from registry.signing.seal.sealing import sealed, vouching_for_time

    return sealed(printed_pdf(what, page), chain, now, time=vouching_for_time(time))


def _logo(design: Design | None) -> Picture | None:
    if design is None or design.logo is None or design.logo_width is None or design.logo_height is None:
        return None
    return Picture(bytes(design.logo), "png", design.logo_width, design.logo_height)


def _portrait(db: Database, row: IssuedCertificate, personal_data: Callable[[], PersonalData]) -> Picture | None:
    found: PersonPortrait | None = portrait_of(db, all_records_of(db, row.person_id))
    if found is None:
        return None
    jpeg = personal_data().open(db, found.person_id, FIELD, found.sealed)
    return Picture(jpeg, "jpeg", found.width, found.height)
