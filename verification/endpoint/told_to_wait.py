"""429: too much was asked from one address. For programs a problem, for people the same on a page."""

from fastapi import Request, Response

from verification.endpoint.gate import FILES, TooMany, fields, seconds
from verification.endpoint.presentation import language_of, page, rendered
from verification.endpoint.problem import problem
from verification.endpoint.problem_pages import problem_texts


def told_to_wait(too_many: TooMany) -> Response:
    """When to ask again, for programs."""
    wait = seconds(too_many.taken.wait)
    name = too_many.taken.rule.name
    if name == FILES:
        said = "Too many files of this address wait to be looked at."
    else:
        what = "numbers that are none here" if name.startswith("misses") else "certificates"
        said = f"Too many {what} were asked about from this address."
    detail = f"{said} Ask again in {wait} s."
    return problem(429, "too-many-questions", "Too many questions", detail, headers=_headers(too_many))


def page_told_to_wait(request: Request, too_many: TooMany, *, whole: bool = True) -> Response:
    """The same for people; not whole = the article alone, for the page that is open already."""
    lang, text = language_of(request), problem_texts()["too-many-questions"]
    says = text["page"][lang].format(seconds=seconds(too_many.taken.wait))
    template = "too_many.html" if whole else "too_many_answer.html"
    shown = page(rendered(template, request, lang, title=text["title"][lang], says=says), status=429)
    shown.headers.update(_headers(too_many))
    return shown


def _headers(too_many: TooMany) -> dict[str, str]:
    return {"Retry-After": str(seconds(too_many.taken.wait)), **fields(too_many.taken)}
