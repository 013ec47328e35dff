import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import text

from registry.errors import (
    MasterKeyExists,
    NoMasterKey,
    NoSigningKey,
    OrganisationNotFound,
    SigningKeyNotFound,
    WrongMasterKey,
)
from registry.records.parties.signing_keys import all_keys, key_by_kid, keys_of, mark_compromised, retire_key
from registry.records.whole.directory import Registry
from registry.signing.keys import LIVES, Keyring, create_master_key, open_keyring
from registry.signing.published import build_trust
from tests.registry.conftest import ACTOR, NOW, ON_SQLITE, OPENED, PUBLIC_URL, everything_stored
from verification.keys import Algorithm, good_signature


def test_a_master_key_is_the_owners_alone_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    create_master_key(path)
    assert (path.stat().st_mode & 0o777, len(path.read_bytes())) == (0o600, 32)
    with pytest.raises(MasterKeyExists):
        create_master_key(path)


@pytest.mark.parametrize(
    ("data", "mode", "refusal"),
    [
        pytest.param(None, 0o600, NoMasterKey, id="not there"),
        pytest.param(b"", 0o600, WrongMasterKey, id="empty"),
        pytest.param(b"x" * 33, 0o600, WrongMasterKey, id="too long"),
        pytest.param(b"x" * 32, 0o644, NoMasterKey, id="others read it"),
    ],
)
def test_a_file_that_is_no_master_key_is_refused(
    tmp_path: Path, data: bytes | None, mode: int, refusal: type[Exception]
) -> None:
    path = tmp_path / "master.key"
    if data is not None:
        path.write_bytes(data)
        path.chmod(mode)
    with pytest.raises(refusal, match=r"master\.key"):
        open_keyring(path)


def test_signatures_verify_under_the_published_key(registry: Registry, keyring: Keyring) -> None:
    with registry.reading() as db:
        for signer in (
            keyring.organisation_signer(db, "issuer", NOW),
            keyring.attestation_signer(db, NOW),
            keyring.status_signer(db, NOW),
        ):
            key = key_by_kid(db, signer.key().kid)
            assert good_signature(key.public_key, signer.sign(b"data"), b"data")
            assert not good_signature(key.public_key, signer.sign(b"data"), b"date")


def test_a_key_for_es256_signs_like_any_other(registry: Registry, keyring: Keyring) -> None:
    with registry.writing() as db:
        made = keyring.create_organisation_key(db, "issuer", NOW, ACTOR, "ES256")
        assert (made.algorithm, len(made.public_key)) == ("ES256", 65)
    # Opened again from what is stored, as after a new start.
    again = open_keyring(registry.master_key_file())
    with registry.reading() as db:
        signer = again.organisation_signer(db, "issuer", NOW)
        key = key_by_kid(db, signer.key().kid)
    assert (signer.key().kid, signer.key().alg) == (made.kid, "ES256")
    signature = signer.sign(b"data")
    assert len(signature) == 64
    assert signature == signer.sign(b"data")
    assert good_signature(key.public_key, signature, b"data")
    assert not good_signature(key.public_key, signature, b"date")


@pytest.mark.parametrize("made_for", ["EdDSA", "ES256"])
@pytest.mark.parametrize("claimed", ["EdDSA", "ES256", "HS256", ""])
def test_a_key_is_not_opened_under_another_algorithm(registry: Registry, made_for: Algorithm, claimed: str) -> None:
    with registry.writing() as db:
        keyring = open_keyring(registry.master_key_file())
        made = keyring.create_organisation_key(db, "issuer", NOW, ACTOR, made_for)
        made.algorithm = claimed
        db.add(made)
    again = open_keyring(registry.master_key_file())
    with registry.reading() as db:
        if made_for == claimed:
            assert again.organisation_signer(db, "issuer", NOW).key().alg == made_for
            return
        with pytest.raises(WrongMasterKey, match="algorithm"):
            again.organisation_signer(db, "issuer", NOW)


def test_no_private_key_is_in_the_files(registry: Registry, keyring: Keyring) -> None:
    with registry.reading() as db:
        opened = [keyring.organisation_signer(db, "issuer", NOW), keyring.attestation_signer(db, NOW)]
        private = [signer._private for signer in opened]  # noqa: SLF001 what must not be found
    raw = [key.private_bytes_raw() for key in private]
    master = registry.master_key_file().read_bytes()
    stored = everything_stored(registry) + (registry.directory / "bevis.toml").read_bytes()
    assert len(stored) > 5_000
    for secret in (*raw, master):
        assert secret not in stored
        assert secret.hex().encode() not in stored
    assert all(repr(signer).count("private") == 0 for signer in opened)


def test_the_master_key_of_another_registry_opens_nothing(registry: Registry, tmp_path: Path) -> None:
    create_master_key(tmp_path / "other.key")
    other = open_keyring(tmp_path / "other.key")
    with registry.writing() as db:
        for use in (
            lambda: other.check(db),
            lambda: other.prepare(db, NOW, ACTOR),
            lambda: other.organisation_signer(db, "issuer", NOW),
            lambda: other.create_organisation_key(db, "trainer", NOW, ACTOR),
        ):
            with pytest.raises(WrongMasterKey, match="another registry"):
                use()
        assert keys_of(db, "trainer") == []


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        pytest.param(
            "UPDATE signing_key SET sealed_private_key = "
            "(SELECT sealed_private_key FROM signing_key WHERE organisation = 'solo') WHERE organisation = 'issuer'",
            "does not open",
            id="a key moved to another row",
        ),
        pytest.param(
            "UPDATE signing_key SET purpose = 'organisation', organisation = 'issuer', not_before = '2026-02-01' "
            "WHERE purpose = 'attestation'",
            "does not open",
            id="a key given another purpose",
        ),
        pytest.param(
            "UPDATE signing_key SET public_key = :other WHERE organisation = 'issuer'",
            "not its own",
            id="another public key beside it",
        ),
        pytest.param(
            "UPDATE signing_key SET sealed_private_key = :cut WHERE organisation = 'issuer'", "does not open", id="cut"
        ),
    ],
)
def test_a_row_that_was_changed_is_noticed(registry: Registry, statement: str, says: str) -> None:
    fresh = open_keyring(registry.master_key_file())
    with registry.writing() as db:
        values = {name: value for name, value in (("other", b"\x17" * 32), ("cut", b"\0")) if f":{name}" in statement}
        db.connection().execute(text(statement), values)
        with pytest.raises(WrongMasterKey, match=says):
            fresh.organisation_signer(db, "issuer", NOW)


def test_rotation_leaves_the_old_key_in_sight_but_out_of_use(registry: Registry, keyring: Keyring) -> None:
    with registry.writing() as db:
        old = keyring.organisation_signer(db, "issuer", NOW).key().kid
        new = keyring.create_organisation_key(db, "issuer", NOW, ACTOR).kid
        assert old != new
        assert keyring.organisation_signer(db, "issuer", NOW).key().kid == new
        assert [(key.kid, key.retired_at) for key in keys_of(db, "issuer")] == [(new, None), (old, NOW)]
        # What was signed before is not signed again by a key that came later.
        assert keyring.organisation_signer(db, "issuer", NOW - timedelta(seconds=1)).key().kid == old


def test_the_registrys_own_keys_are_renewed_in_time_and_only_then(registry: Registry, keyring: Keyring) -> None:
    def own(moment: datetime) -> list[str]:
        with registry.writing() as db:
            keyring.prepare(db, moment, ACTOR)
            return [key.kid for key in keys_of(db, None) if key.purpose == "attestation"]

    first = own(OPENED)
    assert own(OPENED + timedelta(days=77)) == first
    second = own(OPENED + timedelta(days=79))
    assert second[1:] == first
    assert own(OPENED + timedelta(days=79)) == second
    with registry.reading() as db:
        for key in keys_of(db, None):
            if key.purpose == "root":  # whoever verifies offline has it for good
                assert key.not_after is None
                continue
            assert key.not_after is not None
            assert key.not_after - key.not_before == LIVES[key.purpose]  # type: ignore[index] # one of the two
            assert len(bytes.fromhex(key.kid)) == 4
        with pytest.raises(NoSigningKey, match="attestation"):
            keyring.attestation_signer(db, OPENED + timedelta(days=400))


def test_a_key_that_is_retired_or_compromised_signs_no_more(registry: Registry, keyring: Keyring) -> None:
    later = datetime(2026, 4, 1, tzinfo=UTC)
    with registry.writing() as db:
        kid = keyring.organisation_signer(db, "issuer", NOW).key().kid
        mark_compromised(db, kid, later, ACTOR, now=NOW)
        assert mark_compromised(db, kid, NOW, ACTOR, now=NOW).compromised_since == NOW
        assert mark_compromised(db, kid, later, ACTOR, now=NOW).compromised_since == NOW
        solo = keyring.organisation_signer(db, "solo", NOW).key().kid
        assert retire_key(db, solo, NOW, ACTOR).retired_at == NOW
        assert retire_key(db, solo, later, ACTOR).retired_at == NOW
        for slug in ("issuer", "solo", "trainer"):
            with pytest.raises(NoSigningKey, match=slug):
                keyring.organisation_signer(db, slug, NOW)
        with pytest.raises(SigningKeyNotFound):
            retire_key(db, secrets.token_hex(4), NOW, ACTOR)


def test_only_organisations_have_keys(registry: Registry, keyring: Keyring) -> None:
    with registry.writing() as db:
        with pytest.raises(NoSigningKey, match="natural person"):
            keyring.create_organisation_key(db, "owner-person", NOW, ACTOR)
        with pytest.raises(OrganisationNotFound):
            keyring.create_organisation_key(db, "nobody", NOW, ACTOR)
        assert len({key.kid for key in all_keys(db)}) == 6


def test_a_keyed_digest_is_the_registrys_own(tmp_path: Path) -> None:
    create_master_key(tmp_path / "one")
    create_master_key(tmp_path / "other")
    one, again, other = (open_keyring(tmp_path / name) for name in ("one", "one", "other"))
    assert one.keyed_digest(b"a list") == again.keyed_digest(b"a list")
    assert len({one.keyed_digest(b"a list"), one.keyed_digest(b"b list"), other.keyed_digest(b"a list")}) == 3
    assert one.keyed_digest(b"") != sha256(b"").digest()


@ON_SQLITE
def test_a_former_key_goes_on_for_a_while_and_may_end_sooner(registry: Registry, keyring: Keyring) -> None:
    day = timedelta(days=1)
    with registry.writing() as db:
        old = keyring.organisation_signer(db, "issuer", NOW).key().kid
        new = keyring.create_organisation_key(db, "issuer", NOW, ACTOR, overlap=3 * day).kid
        former = key_by_kid(db, old)
        assert former.signs_at(NOW + 2 * day)
        assert not former.signs_at(NOW + 3 * day)
        assert keyring.organisation_signer(db, "issuer", NOW).key().kid == new
        # What the former one signs until then is good: the trust says when it ends.
        (told,) = [key for key in build_trust(db, PUBLIC_URL, NOW).keys if key.kid == old]
        assert told.retired_at == NOW + 3 * day
        assert retire_key(db, old, NOW + day, ACTOR).retired_at == NOW + day
        assert retire_key(db, old, NOW + 2 * day, ACTOR).retired_at == NOW + day
