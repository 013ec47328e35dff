"""What is said of a person by hand: read as strictly as a class list, and no national number in any of it."""

import re
import unicodedata
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator

from registry.errors import MalformedInput
from registry.reading.cells import EARLIEST_YEAR, check, person_name
from registry.reading.wrong import BadCell, shared_texts
from registry.records.persons.people import Changes
from registry.records.strict_input import StrictInput

LONGEST: Final = {"name": 120, "email": 254, "phone": 40, "post": 300, "via": 100}
_EMAIL: Final = re.compile(r"[^\s@<>(),;:\\\"]+@[^\s@<>(),;:\\\".]+(\.[^\s@<>(),;:\\\".]+)+")
_PHONE: Final = re.compile(r"[+(]?[0-9][0-9 ()./–-]{3,38}")


def _checked(field: str, text: str) -> str:
    try:
        # An address may have lines; nothing else may.
        check(text, longest=LONGEST[field], phone=field == "phone", note=field == "post")
        return person_name(text) if field == "name" else unicodedata.normalize("NFC", text.strip())
    except BadCell as bad:
        if bad.code == "national_number":
            raise ValueError("must not hold a national number; that is recorded as one, under its own kind") from None
        raise ValueError(shared_texts()[bad.code]["en"].format_map({"column": field, **bad.params})) from None


def _name(text: str) -> str:
    return _checked("name", text)


def _email(text: str) -> str:
    if text and not _EMAIL.fullmatch(_checked("email", text)):
        raise ValueError("must be an e-mail address, such as anna@example.org")
    return text.strip()


def _phone(text: str) -> str:
    if text and not _PHONE.fullmatch(_checked("phone", text)):
        raise ValueError("must be a telephone number, such as +46 70 123 45 67")
    return text.strip()


def _post(text: str) -> str:
    return _checked("post", text)


def _via(text: str) -> str:
    return _checked("via", text)


class PersonGiven(StrictInput):
    """What somebody says of a person; what is left out is not known, or stays as it is.

    post  postal address
    via   an employer through whom the person is reached, by id or name
    """

    name: Annotated[str, AfterValidator(_name)] | None = None
    birth_date: date | None = None
    email: Annotated[str, AfterValidator(_email)] | None = None
    phone: Annotated[str, AfterValidator(_phone)] | None = None
    post: Annotated[str, AfterValidator(_post)] | None = None
    via: Annotated[str, AfterValidator(_via)] | None = None

    def changes(self, today: date, *, needs_name: bool = False) -> Changes:
        """As records take it. Raises MalformedInput for a birth date that cannot be, or a name that is missing."""
        faults: list[tuple[str, str]] = []
        if needs_name and self.name is None:
            faults.append(("name", "is missing"))
        if self.birth_date is not None and not date(EARLIEST_YEAR, 1, 1) <= self.birth_date <= today:
            faults.append(("birth_date", f"must lie between {EARLIEST_YEAR} and today"))
        if faults:
            raise MalformedInput(faults)
        return Changes(**self.model_dump())
