"""/problems and a page for each problem type: what it means, and what to do."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from verification.endpoint.presentation import READ, explained, language_of, missing, rendered
from verification.reasons import texts

ProblemTexts = Mapping[str, Mapping[str, Mapping[str, str]]]


def problem_texts() -> ProblemTexts:
    """What every problem of this package means, by the end of its type: title, says, next."""
    return {name: text for name, text in texts("problems").items() if name != "pages"}


def problem_page(request: Request, name: str) -> str:
    """For people: one of this package's problems, where a program would get the problem itself."""
    lang = language_of(request)
    return rendered("problem.html", request, lang, name=name, text=problem_texts()[name], says=_says(lang))


def _says(lang: str) -> Mapping[str, str]:
    return {name: text[lang] for name, text in texts("problems")["pages"].items()}


def add_problem_pages(router: APIRouter, more: ProblemTexts) -> None:
    """more: the problems of the application around this package, by the end of their types."""
    known: dict[str, Any] = dict(sorted({**problem_texts(), **more}.items()))

    async def show_problems(request: Request) -> Response:
        """Every problem there can be."""
        return explained("problems.html", request, problems=known, says=_says(language_of(request)))

    async def show_problem(request: Request) -> Response:
        """One problem."""
        name = request.path_params["name"]
        if name not in known:
            return missing(request)
        return explained("problem.html", request, name=name, text=known[name], says=_says(language_of(request)))

    router.add_api_route("/problems", show_problems, methods=READ, include_in_schema=False)
    router.add_api_route("/problems/{name}", show_problem, methods=READ, include_in_schema=False)
