"""What a stolen key for codes may have signed truly: found at its place, and nothing else is; in a file and back."""

import hashlib
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.verification.vectors.ground import AS_OF, URL, TestKey
from verification.envelopes.cwt import CODE_DIGEST_BYTES
from verification.trust import AttestationKey, Survivors, Trust
from verification.trust_file import trust_from_json, trust_to_json


def _digest(place: int) -> bytes:
    return hashlib.sha256(str(place).encode()).digest()[:CODE_DIGEST_BYTES]


def _survivors(places: set[int]) -> Survivors:
    runs = [
        [place for _, place in run] for _, run in groupby(enumerate(sorted(places)), lambda pair: pair[1] - pair[0])
    ]
    spans = tuple((run[0], run[-1]) for run in runs)
    return Survivors(spans=spans, digests=b"".join(map(_digest, sorted(places))))


@given(st.sets(st.integers(0, 60)), st.integers(-1, 62), st.integers(0, 60))
def test_only_what_is_there_is_found_and_only_at_its_place(places: set[int], asked: int, said: int) -> None:
    found = _survivors(places)
    assert found.have(asked, _digest(said)) == (asked == said and asked in places)
    assert not found.have(asked, b"")


def test_who_forges_must_meet_one_digest_of_64_bits_and_not_any_of_them() -> None:
    assert CODE_DIGEST_BYTES * 8 >= 64
    places = set(range(2000))
    found = _survivors(places)
    forged = [hashlib.sha256(b"forged %d" % each).digest()[:CODE_DIGEST_BYTES] for each in range(20_000)]
    assert not any(found.have(number % 2000, one) for number, one in enumerate(forged))
    # Another's digest is as good as any that was made up.
    assert not any(found.have(place, _digest(place + 1)) for place in range(1999))


def test_it_stands_in_a_trust_file() -> None:
    key = AttestationKey(
        kid="0a0b0c0d",
        public_key=TestKey(2, "0a0b0c0d").public,
        not_before=AS_OF,
        retired_at=AS_OF,
        compromised_since=AS_OF,
        signs_below=9,
        survivors=_survivors({1, 2, 5}),
    )
    trust = Trust(as_of=AS_OF, public_url=URL, attestation_keys=(key,))
    data = trust_to_json(trust)
    assert trust_from_json(data) == trust
    assert trust_to_json(trust_from_json(data)) == data


@pytest.mark.parametrize(
    ("spans", "size"),
    [
        pytest.param(((0, 1),), 1, id="one digest short"),
        pytest.param(((0, 0),), 2, id="one digest too many"),
        pytest.param(((3, 2),), 0, id="backwards"),
        pytest.param(((0, 3), (3, 4)), 6, id="twice"),
        pytest.param(((5, 5), (1, 1)), 2, id="not in order"),
    ],
)
def test_what_does_not_fit_is_refused(spans: tuple[tuple[int, int], ...], size: int) -> None:
    with pytest.raises(ValidationError):
        Survivors(spans=spans, digests=bytes(size * CODE_DIGEST_BYTES))
