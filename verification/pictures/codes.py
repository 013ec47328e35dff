"""Picture or PDF in, QR codes out. The file is a stranger's: a process of its own opens it, within limits."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from verification.apart.run import Apart, NoReader, Stumbled, TooHeavy
from verification.pictures.kinds import MAX_PICTURE_BYTES, CodeSeen, is_heic, is_svg
from verification.reasons import texts

MOST_CODES: Final = 1000
_MOST_SECONDS: Final = 40.0  # by the clock; the process itself stops after twenty of work
_MOST_ANSWERED: Final = 16 * 1024 * 1024

_reader = Apart("verification.pictures.child", ["zxingcpp", "PIL", "pypdfium2", "pypdfium2_raw"])

Part = Annotated[float, Field(ge=0, le=1)]


class NoPicture(Exception):
    """A file in which no code can be looked for: what is wrong with it, as a code of `texts/pictures.toml`."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code, self.params = code, params

    def says(self, lang: str) -> str:
        """In a sentence."""
        return str(texts("pictures")[self.code][lang]).format(**self.params)


class _Code(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    text: str
    page: Annotated[int, Field(ge=1)]
    at: Annotated[list[Part], Field(min_length=4, max_length=4)]


class _Wrong(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    code: Annotated[str, Field(validation_alias="wrong")]
    params: dict[str, int]


class _Said(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    pages: int
    codes: Annotated[list[_Code], Field(max_length=MOST_CODES)]


def codes_in(data: bytes) -> tuple[CodeSeen, ...]:
    """Every QR code in a PNG, JPEG, WebP or PDF, page by page from the top, each text once. Raises NoPicture."""
    if len(data) > MAX_PICTURE_BYTES:
        raise NoPicture("picture_too_large", limit=MAX_PICTURE_BYTES // (1024 * 1024))
    if is_heic(data):
        raise NoPicture("picture_heic")
    if is_svg(data):
        raise NoPicture("picture_svg")
    try:
        said = _reader.answered({}, data, seconds=_MOST_SECONDS, most_answered=_MOST_ANSWERED)
    except NoReader:
        raise NoPicture("picture_reader_missing") from None
    except TooHeavy:
        raise NoPicture("picture_too_heavy") from None
    except Stumbled:
        raise NoPicture("picture_damaged") from None
    return _understood(said)


def _understood(said: bytes) -> tuple[CodeSeen, ...]:
    """What was told, checked: who opened a stranger's file is trusted no more than the file."""
    try:
        if said.startswith(b'{"wrong"'):
            wrong = _Wrong.model_validate_json(said)
            raise NoPicture(wrong.code if wrong.code in texts("pictures") else "picture_damaged", **wrong.params)
        found = _Said.model_validate_json(said)
    except ValidationError:
        raise NoPicture("picture_damaged") from None
    once: dict[str, CodeSeen] = {}
    for code in found.codes:
        left, top, right, bottom = code.at
        once.setdefault(code.text, CodeSeen(code.text, code.page, (left, top, right, bottom)))
    return tuple(once.values())
