"""The company's electronic seal: PAdES B-LTA over a finished paper, and the check of one.

The person's signature is a simple one (a visible mark and recorded consent); what protects the paper is the seal. It is
added behind the paper, so the bytes that were presented remain the first bytes of what was signed.
"""

import asyncio
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Literal

from asn1crypto import crl, pem, tsp, x509
from pyhanko.keys import load_private_key_from_pemder
from pyhanko.pdf_utils.content import PdfContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.misc import PdfReadError, PdfStreamError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer, SimpleSigner
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, SigDSSPlacementPreference
from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleCertificateStore, SimpleTrustManager

from activities.contract import Place, VisibleMark
from activities.paper import seal_mark, signature_mark
from onboarding.case import Code, Strict
from onboarding.errors import Unavailable

STAMP_TIMEOUT = 10  # seconds for one answer of the time-stamping authority
FIELD = "Seal"
# What is needed for validation goes in before the last time stamp, so that not one byte lies outside of it.
STAMP_LAST = DSSContentSettings(include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_NEXT_TS)


class SealOutOfOrder(Unavailable):
    """The sealing certificate, its chain or its revocation list is not valid now; once it is renewed, try again."""

    code = "seal_out_of_order"


@dataclass(frozen=True)
class SealFiles:
    """Where the sealing key and what vouches for it lie, as PEM, and who stamps the time."""

    key: Path
    certificate: Path
    chain: Path
    revocations: Path
    stamps_url: str

    @classmethod
    def within(cls, folder: Path, stamps_url: str) -> "SealFiles":
        return cls(folder / "seal.key", folder / "seal.pem", folder / "root.pem", folder / "crl.pem", stamps_url)


class Seal:
    """Seals papers in `pool`, outside the event loop. The pool must spawn its processes (or fork a server that does):
    a plain fork of a worker copies the locks of Temporal's threads and hangs."""

    def __init__(self, files: SealFiles, pool: Executor) -> None:
        self._files = files
        self._pool = pool

    async def seal(self, pdf: bytes, mark: VisibleMark) -> bytes:
        """The paper with the mark upon it and the seal around both. `Unavailable` when no time stamp is to be had,
        `SealOutOfOrder` when the certificate does not hold."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, seal_document, self._files, pdf, mark)


def seal_document(files: SealFiles, pdf: bytes, mark: VisibleMark) -> bytes:
    """What `Seal.seal` runs in another process: all or nothing, from bytes to bytes. Not for within an event loop."""
    return asyncio.run(_seal(files, pdf, mark))


class SealVerdict(Strict):
    """What the check of a paper found. `level` is what is there; only `valid` says that all of it holds."""

    intact: bool
    trusted: bool
    level: Literal["none", "B-B", "B-T", "B-LT", "B-LTA"] = "none"
    signer: str = ""
    signed_at: datetime | None = None
    archived_at: datetime | None = None
    reason: Code = "ok"

    @property
    def valid(self) -> bool:
        return self.intact and self.trusted


def verify(pdf: bytes, roots: Path) -> SealVerdict:
    """Check the seal by ETSI EN 319 102-1 from what the paper itself carries, trusting only `roots` (PEM).

    Takes a tenth of a second of computing: from a coroutine, call it by `asyncio.to_thread`."""
    try:
        return asyncio.run(_verdict(pdf, roots))
    except (PdfReadError, PdfStreamError, SignatureValidationError, ValueError):
        return SealVerdict(intact=False, trusted=False, reason="unreadable")


async def _seal(files: SealFiles, pdf: bytes, mark: VisibleMark) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    if mark.signature:
        _set_upon_page(writer, signature_mark(mark.signature, mark.language), mark.signature.place)
    signer = PdfSigner(
        _metadata(files),
        local_signer(files),
        timestamper=_Stamps(files.stamps_url, timeout=STAMP_TIMEOUT),
        stamp_style=_style(seal_mark(mark, datetime.now(UTC))),
        new_field_spec=SigFieldSpec(FIELD, on_page=mark.place.page - 1, box=_corners(mark.place)),
    )
    try:
        sealed = await signer.async_sign_pdf(writer)
    except TimestampRequestError as error:
        raise Unavailable("The time-stamping authority gives no time stamp.") from error
    except SigningError as error:
        raise SealOutOfOrder from error
    return bytes(sealed.getvalue())


def local_signer(files: SealFiles) -> Signer:
    """The sealing key as a pyHanko signer. A key held elsewhere is another `Signer` with its own `async_sign_raw`."""
    chain = SimpleCertificateStore()
    chain.register_multiple(_certificates(files.chain))
    return SimpleSigner(
        signing_cert=_certificates(files.certificate)[0],
        signing_key=load_private_key_from_pemder(str(files.key), passphrase=None),
        cert_registry=chain,
    )


def _metadata(files: SealFiles) -> PdfSignatureMetadata:
    return PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        certify=True,  # a reader then says at the top who vouches for the paper
        docmdp_permissions=MDPPerm.NO_CHANGES,
        embed_validation_info=True,
        use_pades_lta=True,
        validation_context=_local_knowledge(files),
        dss_settings=STAMP_LAST,
    )


def _local_knowledge(files: SealFiles) -> ValidationContext:
    """Chain and revocation lists are read at each sealing, so a renewed list counts at once; nothing is fetched."""
    return ValidationContext(
        trust_roots=_certificates(files.chain),
        crls=[crl.CertificateList.load(der) for der in _unarmored(files.revocations)],
        allow_fetching=False,
        revocation_mode="require",
    )


def _certificates(path: Path) -> list[x509.Certificate]:
    return [x509.Certificate.load(der) for der in _unarmored(path)]


def _unarmored(path: Path) -> list[bytes]:
    return [der for _, _, der in pem.unarmor(path.read_bytes(), multiple=True)]


def _set_upon_page(writer: IncrementalPdfFileWriter, mark: bytes, place: Place) -> None:
    box = BoxConstraints(width=place.width, height=place.height)
    _style(mark).create_stamp(writer, box, {}).apply(place.page - 1, *_corners(place)[:2])


def _style(mark: bytes) -> StaticStampStyle:
    whole_box = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, margins=Margins())
    return StaticStampStyle(border_width=0, background=_Page(mark), background_layout=whole_box)


def _corners(place: Place) -> tuple[int, int, int, int]:
    left, bottom = round(place.left), round(place.bottom)
    return left, bottom, left + round(place.width), bottom + round(place.height)


class _Page(PdfContent):
    """The one page of a PDF in memory, as content for another. (pyHanko's own wants a file; a name stays off disk.)"""

    def __init__(self, pdf: bytes) -> None:
        super().__init__()
        self._pdf = pdf

    def render(self) -> bytes:
        page = self._ensure_writer.import_page_as_xobject(PdfFileReader(BytesIO(self._pdf)))
        self.resources.xobject["/Mark"] = page
        left, bottom, right, top = page.get_object()["/BBox"]
        self.box = BoxConstraints(width=right - left, height=top - bottom)
        return b"/Mark Do"


class _Stamps(HTTPTimeStamper):
    """A refusal carries no token, which the client underneath cannot read: it is told here."""

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        response = await super().async_request_tsa_response(req)
        try:
            granted = response["status"]["status"].native == "granted"
        except ValueError as error:
            raise TimestampRequestError("not a time-stamp response with a token") from error
        if not granted:
            raise TimestampRequestError("the time stamp was refused")
        return response


async def _verdict(pdf: bytes, roots: Path) -> SealVerdict:
    reader = PdfFileReader(BytesIO(pdf))
    seals = reader.embedded_regular_signatures
    if not seals:
        return SealVerdict(intact=False, trusted=False, reason="not_sealed")
    found = await ades_lta_validation(seals[0], _trusting(roots))
    status, stamp = found.api_status, found.signature_timestamp_status
    passed = found.ades_subindic == AdESPassed.OK
    intact = bool(status and status.intact and status.valid and status.docmdp_ok)
    return SealVerdict(
        intact=intact,
        trusted=passed,
        level=_level(reader, stamp is not None),
        signer=seals[0].signer_cert.subject.human_friendly,
        signed_at=stamp.api_status.timestamp if stamp and stamp.api_status else None,
        archived_at=found.oldest_evidence_record_timestamp,
        reason=("ok" if intact else "changed_after_sealing") if passed else found.ades_subindic.standard_name.lower(),
    )


def _level(reader: PdfFileReader, stamped: bool) -> Literal["B-B", "B-T", "B-LT", "B-LTA"]:
    if not stamped:
        return "B-B"
    if "/DSS" not in reader.root:
        return "B-T"
    return "B-LTA" if reader.embedded_timestamp_signatures else "B-LT"


def _trusting(roots: Path) -> PdfSignatureValidationSpec:
    manager = SimpleTrustManager.build(_certificates(roots))
    policy = CertValidationPolicySpec(manager, CertRevTrustPolicy(REQUIRE_REVINFO))
    offline = RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY)
    return PdfSignatureValidationSpec(SignatureValidationSpec(policy, offline))
