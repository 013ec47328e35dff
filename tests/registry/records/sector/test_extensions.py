from datetime import date
from typing import Any

import pytest

from registry.errors import ExtensionNotFound, ExtensionWithdrawn, MalformedInput, SchemeNotFound
from registry.records.sector.extensions import NewExtension, extend_scheme, extended, extensions, withdraw_extension
from registry.records.sector.schemes import scheme_history
from registry.records.strict_input import parse
from registry.records.whole.directory import Registry
from tests.registry.conftest import NOW

GIVEN: dict[str, Any] = {
    "scheme": "hot-work",
    "ends_from": "2026-03-01",
    "ends_until": "2026-06-30",
    "months": 4,
    "decided_on": "2026-03-10",
    "decision": "board 4/2026",
}


def _new(**change: Any) -> NewExtension:
    return parse({name: value for name, value in (GIVEN | change).items() if value is not None}, NewExtension)


def test_a_decision_is_kept_told_and_withdrawn(registry: Registry) -> None:
    with registry.writing() as db:
        row = extend_scheme(db, _new(versions=["1"]), NOW, "cia")
        other = extend_scheme(db, _new(scheme="own-course", months=None, until="2026-12-31"), NOW, "lisa")
        assert [each.public_id for each in extensions(db)] == [row.public_id, other.public_id]
        assert [each.public_id for each in extensions(db, ["own-course"])] == [other.public_id]
        found = [each.decided() for each in extensions(db, ["hot-work"])]
        assert extended(found, "1", date(2026, 6, 30))[0] == date(2026, 10, 30)
        assert extended(found, "2", date(2026, 6, 30))[0] == date(2026, 6, 30)
        withdraw_extension(db, row.public_id, reason="a mistake", now=NOW, actor="cia")
        assert [each.public_id for each in extensions(db)] == [other.public_id]
        told = scheme_history(db, "hot-work", "1")[-2:]
        assert [(each.kind, each.actor, each.reason) for each in told] == [
            ("extended", "cia", "board 4/2026"),
            ("extension_withdrawn", "cia", "a mistake"),
        ]
        with pytest.raises(ExtensionWithdrawn):
            withdraw_extension(db, row.public_id, reason="again", now=NOW, actor="cia")
        with pytest.raises(ExtensionNotFound, match="extension-x"):
            withdraw_extension(db, "extension-x", reason="a mistake", now=NOW, actor="cia")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ends_until": "2026-02-28"}, "lies before ends_from"),
        ({"until": "2026-12-31"}, "either months or until"),
        ({"months": None}, "either months or until"),
        ({"months": None, "until": "2026-06-30"}, "lengthens nothing"),
        ({"months": 0}, "greater than"),
    ],
)
def test_what_a_decision_may_not_be(change: dict[str, Any], says: str) -> None:
    with pytest.raises(MalformedInput, match=says):
        _new(**change)


@pytest.mark.parametrize("change", [{"scheme": "nope"}, {"versions": ["1", "9"]}])
def test_a_decision_is_about_a_scheme_that_there_is(registry: Registry, change: dict[str, Any]) -> None:
    with registry.writing() as db, pytest.raises(SchemeNotFound):
        extend_scheme(db, _new(**change), NOW, "cia")
