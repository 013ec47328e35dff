"""The public reference of the levels: what each assures and asks, and examples of what reaches it and what does not."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Request, Response

from levels.level import Level
from levels.order import NoSuchEdition, editions
from levels.rulebook import Rulebook, edition_on, rulebook
from levels.wording import wanted
from levels.worked_examples import Example, examples
from verification.endpoint.presentation import READ, explained, language_of, missing
from verification.trust import TrustSource

_FILE_HEADERS: Final = {
    "Cache-Control": "public, max-age=3600",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Access-Control-Allow-Origin": "*",
}


def add_level_pages(router: APIRouter, source: TrustSource) -> None:
    """/levels, a page for each of them, /levels/compare, and the examples as files."""

    def rules(request: Request) -> Rulebook:
        """The edition asked for, else the one in force."""
        try:
            return rulebook(request.query_params.get("edition") or edition_on(source.now().date()).edition)
        except NoSuchEdition:
            return rulebook(editions()[-1])

    async def show_levels(request: Request) -> Response:
        """All levels, the highest first."""
        book = rules(request)
        levels = [book.levels[level] for level in book.order]
        return explained("levels.html", request, levels=levels, edition=book.edition)

    async def show_compared(request: Request) -> Response:
        """Every requirement, and at which levels it is asked."""
        book = rules(request)
        asked = {level: {cell.row.id: cell.mandatory for cell in book.cells[level]} for level in book.order}
        rows = {cell.row.id: cell.row for level in book.order for cell in book.cells[level]}
        return explained(
            "compare.html",
            request,
            order=[one.value for one in book.order],
            rows=sorted(rows.values(), key=lambda row: (row.id[0] != "O", int(row.id[1:]))),
            asked={level.value: cells for level, cells in asked.items()},
            edition=book.edition,
        )

    async def show_level(request: Request, level: str) -> Response:
        """What one level assures, what not, what it asks, and what does and does not reach it."""
        if level not in set(Level):
            return missing(request)
        book, lang = rules(request), language_of(request)
        cells = [(cell, wanted(cell.criterion, book, lang)) for cell in book.cells[Level(level)]]
        reaching, missed = _shown(book, Level(level))
        return explained(
            "level.html",
            request,
            level=book.levels[Level(level)],
            order=[one.value for one in book.order],
            asked=[(cell.row, needed) for cell, needed in cells if cell.mandatory],
            recommended=[(cell.row, needed) for cell, needed in cells if not cell.mandatory],
            edition=book.edition,
            reaching=reaching,
            missed=missed,
        )

    async def show_example(request: Request, name: str) -> Response:
        """The evidence of an example, as a file."""
        found = next((one for one in examples(rules(request).edition) if f"{one.name}.toml" == name), None)
        if found is None:
            return missing(request)
        return Response(found.file, 200, _FILE_HEADERS, "application/toml")

    router.add_api_route("/levels", show_levels, methods=READ, include_in_schema=False)
    router.add_api_route("/levels/compare", show_compared, methods=READ, include_in_schema=False)
    router.add_api_route("/levels/examples/{name}", show_example, methods=READ, include_in_schema=False)
    router.add_api_route("/levels/{level}", show_level, methods=READ, include_in_schema=False)


def _shown(book: Rulebook, level: Level) -> tuple[Sequence[Example], Sequence[Example]]:
    """The examples that reach a level, and those that reach the next one below and not it."""
    all_of_them = examples(book.edition)
    below = book.order[book.rank(level) + 1] if book.rank(level) + 1 < len(book.order) else None
    reaching = [one for one in all_of_them if one.found.attained == level]
    missed = [one for one in all_of_them if one.found.attained == below and one.found.unmet[level]]
    return reaching, missed
