from datetime import UTC, datetime
from types import ModuleType

import pytest

from verification.trust import Trust
from verification.trust_file import MalformedTrust, trust_from_json, trust_to_json

JUNE = datetime(2026, 6, 1, 12, tzinfo=UTC)
ISSUED = ("issued", datetime(2026, 2, 20, 10, tzinfo=UTC), None)


def test_trust_survives_its_file(world: ModuleType) -> None:
    trust = world.with_history(ISSUED, ("revoked", JUNE, "fraud"), trust=world.with_status(2))
    again = trust_from_json(trust_to_json(trust))
    assert again == trust
    assert trust_to_json(again) == trust_to_json(trust)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param((b'"as_of"', b'"as_off"'), id="misspelt"),
        pytest.param((b'"as_of":', b'"public_url":"x","as_of":'), id="twice"),
        pytest.param((b'"provhuset":{"id":"provhuset"', b'"provhuset":{"id":"other"'), id="under another id"),
        pytest.param((b'"bits":2', b'"bits":3'), id="no status list"),
        pytest.param((b"https://bevis.example", b"ftp://bevis.example"), id="no address"),
        pytest.param((b"{", b"["), id="no JSON"),
    ],
)
def test_a_damaged_trust_file_is_refused(world: ModuleType, damage: tuple[bytes, bytes]) -> None:
    data = trust_to_json(world.TRUST)
    assert damage[0] in data
    with pytest.raises(MalformedTrust):
        trust_from_json(data.replace(*damage, 1))
    with pytest.raises(MalformedTrust):
        trust_from_json(data[:-5] + b"\xff")


def test_a_key_stands_in_a_trust_once_and_is_sound(world: ModuleType) -> None:
    key = world.TRUST.keys[0]
    for keys in (
        (key, key),
        (key, key.model_copy(update={"kid": "other"})),
        (key.model_copy(update={"public_key": bytes(32)}),),
    ):
        with pytest.raises(ValueError, match=r"key"):
            Trust.model_validate(
                {**{n: getattr(world.TRUST, n) for n in Trust.model_fields}, "keys": [dict(k) for k in keys]}
            )
