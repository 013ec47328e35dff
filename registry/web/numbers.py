"""A national number in the body of a request: read, and never repeated, whatever is wrong with it."""

from datetime import datetime

from fastapi import Request

from registry.errors import MalformedInput
from registry.reading.national_id import BadNumber, Kind, NationalNumber, national_number
from registry.reading.wrong import shared_texts
from registry.web.dependencies import Office
from registry.web.problems import language_asked


def number_in(
    request: Request, text: str, *, kind: Kind | None, country: str | None, now: datetime, member: str = "number"
) -> NationalNumber:
    """The number. Raises MalformedInput, in the reader's language, about that member of the body."""
    office: Office = request.app.state.office
    synthetic_too = office.settings.environment != "production"
    try:
        return national_number(text.strip(), on=now.date(), kind=kind, country=country, synthetic_too=synthetic_too)
    except BadNumber as bad:
        says = shared_texts()[bad.code][language_asked(request)].format_map({"column": member, **bad.params})
        raise MalformedInput([(member, says)]) from None
