"""A key for codes is stolen: which codes it may have signed truly, so that those live on and the forged ones do not.

A code is a pure function of certificate, place in the log, and key; so all that the key can have signed for the
registry is known. It is worked out once, while others go on, and stands in every trust file from then on. Until it is
there, every code of the key is invalid offline. Online the register itself says what it has.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from registry.records.issued.survivors import (
    SurvivingCodes,
    facts_in_log,
    keep_surviving,
    keys_without_survivors,
)
from registry.records.log.heads import epochs, size_before
from registry.records.parties.signing_keys import SigningKey
from registry.records.store.database import Database
from registry.records.whole.directory import Registry
from verification.certificate import Certificate
from verification.envelopes.cwt import MalformedCwt, code_digest, compact_token, signed_part

_MOMENT = timedelta(microseconds=1)


def work_out_survivors(registry: Registry, now: datetime) -> int:
    """What survives each stolen key for codes, where that is not worked out yet; for how many keys it was."""
    with registry.reading() as db:
        found = [_survivors(db, key, now) for key in keys_without_survivors(db)]
    if found:
        with registry.writing() as db:
            for each in found:
                keep_surviving(db, each)
    return len(found)


def signed_below(db: Database, key: SigningKey, now: datetime) -> int | None:
    """How many entries the log had when that key ended; None while it may sign, and where there is not one log alone.

    A code names a place and no log.
    """
    ended = min((each for each in (key.retired_at, key.not_after) if each is not None), default=None)
    every = epochs(db)
    if ended is None or ended > now or len(every) != 1:
        return None
    return size_before(db, every[0].number, ended + _MOMENT)


def _survivors(db: Database, key: SigningKey, now: datetime) -> SurvivingCodes:
    below = signed_below(db, key, now)
    spans, digests = list[list[int]](), bytearray()
    for place, digest in _digests(db, key, below or 0):
        if spans and spans[-1][1] == place - 1:
            spans[-1][1] = place
        else:
            spans.append([place, place])
        digests += digest
    return SurvivingCodes(kid=key.kid, spans=spans, digests=bytes(digests), made_at=now)


def _digests(db: Database, key: SigningKey, below: int) -> Iterator[tuple[int, bytes]]:
    every, kid = epochs(db), bytes.fromhex(key.kid)
    if len(every) != 1:
        return
    for place, facts in facts_in_log(db, every[0].number, below):
        try:
            token = compact_token(Certificate.model_validate_json(facts), place)
            yield place, code_digest(signed_part(token, kid))
        except (MalformedCwt, ValueError):  # of an organisation: it has no code
            continue
