"""A PDF sealed: PAdES B-B, or B-T where somebody vouches for the time. Imported late: pyHanko takes half a second."""

import asyncio
import io
from datetime import datetime
from typing import Any, Final

from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes, Signer
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from registry.errors import TimestampUnavailable
from registry.signing.seal.chain import Chain
from registry.signing.seal.time_address import NotAskable
from registry.signing.seal.timestamp import TimeAuthority

FIELD: Final = "Seal"
_DIGEST: Final = "sha256"
# Hexadecimal digits that are kept free for the signature: two certificates of RSA-3072, and the word on the time.
_RESERVED, _RESERVED_WITH_TIME = 10_240, 32_768


class _SealSigner(Signer):
    """The seal's key as pyHanko asks for it."""

    def __init__(self, chain: Chain) -> None:
        root = x509.Certificate.load(chain.root)
        super().__init__(
            signing_cert=x509.Certificate.load(chain.certificate),
            cert_registry=SimpleCertificateStore.from_certs([root]),  # type: ignore[no-untyped-call] # hints for some only
            embed_roots=True,
        )
        self._key = chain.key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002 its shape is pyHanko's
        if digest_algorithm != _DIGEST:
            raise ValueError(f"a seal is made over {_DIGEST}")
        return bytes(self._key.public_key.key_size // 8) if dry_run else self._key.sign(data)


def vouching_for_time(address: str | None) -> TimeStamper | None:
    """Whoever vouches for the time at that address; nobody where there is none. Raises TimestampUnavailable."""
    if address is None:
        return None
    try:
        return TimeAuthority(address)
    except NotAskable as fault:
        raise TimestampUnavailable(f"{address[:80]} {fault}") from fault


def sealed(pdf: bytes, chain: Chain, now: datetime, *, time: TimeStamper | None = None) -> bytes:
    """The file with a seal on all of it, which allows no change; what was there before stays byte for byte.

    time  who vouches for when it was; None = nobody

    Raises TimestampUnavailable.
    """
    return asyncio.run(_sealed(pdf, chain, now, time))


async def _sealed(pdf: bytes, chain: Chain, now: datetime, time: TimeStamper | None) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    meta = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm=_DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    signer = PdfSigner(meta, signer=_SealSigner(chain), timestamper=time, new_field_spec=SigFieldSpec(FIELD))
    session = signer.init_signing_session(writer)
    session.system_time = now
    document = session.prepare_tbs_document(
        validation_info=None,
        bytes_reserved=_RESERVED if time is None else _RESERVED_WITH_TIME,
        appearance_text_params=None,
    )
    digest, output = document.digest_tbs_document(output=io.BytesIO())
    try:
        made = await document.perform_signature(
            document_digest=digest.document_digest,
            pdf_cms_signed_attrs=PdfCMSSignedAttributes(signing_time=now),
        )
    except (OSError, TimestampRequestError) as fault:
        raise TimestampUnavailable(f"{fault}") from fault
    await made.post_signature_processing(output)
    result: Any = output
    return bytes(result.getvalue())
