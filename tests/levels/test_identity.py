"""Methods and native levels to IDA, from the edition's table."""

import pytest

from levels.identity import IdentityEvent, UnknownMethod, assurance_of_identity, strongest, weakest
from levels.order import LANGUAGES
from levels.rulebook import rulebook

METHODS = rulebook("2026-01-01").methods


@pytest.mark.parametrize(
    ("event", "ida"),
    [
        ({"method": "none"}, 0),
        ({"method": "name_typed"}, 0),
        ({"method": "email_login"}, 0),
        ({"method": "email_login", "native_level": "employer_confirmed"}, 1),
        ({"method": "employer_list"}, 1),
        ({"method": "hms_card"}, 1),
        ({"method": "id06"}, 1),
        ({"method": "id06", "native_level": "pin"}, 2),
        ({"method": "passport"}, 2),
        ({"method": "passport", "native_level": "chip"}, 3),
        ({"method": "bankid_se"}, 2),
        ({"method": "bankid_no"}, 3),
        ({"method": "freja"}, 0),
        ({"method": "freja", "native_level": "id_verified"}, 1),
        ({"method": "freja", "native_level": "plus"}, 2),
        ({"method": "minid"}, 2),
        ({"method": "eidas"}, 1),
        ({"method": "eidas", "native_level": "high"}, 3),
        ({"method": "eid"}, 0),
        ({"method": "eid", "native_level": "http://id.elegnamnden.se/loa/1.0/loa3"}, 2),
        ({"method": "eid", "native_level": "idporten-loa-high"}, 3),
        ({"method": "eid", "native_level": "urn:bankid:bid;LOA=4"}, 3),
        ({"method": "samordningsnummer"}, 1),
        ({"method": "samordningsnummer", "number_quality": "osaker"}, 1),
        ({"method": "samordningsnummer", "number_quality": "sannolik"}, 1),
        ({"method": "samordningsnummer", "number_quality": "styrkt"}, 2),
        ({"method": "passport", "number_quality": "osaker"}, 2),
        ({"method": "recognised"}, 0),
        ({"method": "recognised", "native_level": "enrolment_ida2"}, 2),
    ],
)
def test_a_method_gives_its_assurance(event: dict[str, str], ida: int) -> None:
    assert assurance_of_identity(IdentityEvent(**event), METHODS) == ida


@pytest.mark.parametrize(
    "event",
    [
        {"method": "palm_reading"},
        {"method": "freja", "native_level": "gold"},
        {"method": "passport", "native_level": "idporten-loa-high"},
        {"method": "eid", "native_level": "http://id.elegnamnden.se/loa/1.0/loa9"},
        {"method": "samordningsnummer", "number_quality": "bra"},
    ],
)
def test_what_the_edition_does_not_list_is_refused_with_what_it_does(event: dict[str, str]) -> None:
    with pytest.raises(UnknownMethod, match="known are"):
        assurance_of_identity(IdentityEvent(**event), METHODS)


def test_of_several_checks_the_best_counts_for_a_stage_and_the_poorest_for_its_parts() -> None:
    events = [IdentityEvent(method="employer_list"), IdentityEvent(method="passport")]
    assert strongest(events, METHODS) == 2
    assert weakest(events, METHODS) == 1
    assert strongest([], METHODS) is None
    assert weakest([], METHODS) is None


def test_every_method_has_a_name_in_every_language() -> None:
    assert all(set(method.name) == set(LANGUAGES) for method in METHODS.method)
