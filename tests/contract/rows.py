"""One row an operation that is not public: a request that is right but for who makes it, and whose thing it is about.

A new route needs a row here; without one, `test_roles.py` fails. Ids that are only known when the registry is made
stand in braces, and `World` in `test_roles.py` has them.

organisation  whose thing it is: OWN, where the roles of the test are held, or None for the registry itself
action        what decides in the end, where the route itself lets in everybody with a key, or a wider action
somewhere     whoever may it anywhere is answered, about the things of that place
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

OWN: Final = "provhuset"
OTHER: Final = "eksamenshuset"
THIRD: Final = "truckakademin"


@dataclass(frozen=True)
class Row:
    path: str
    organisation: str | None = None
    action: str | None = None
    body: Mapping[str, Any] | str | None = None  # a text is a file, in CSV
    headers: Mapping[str, str] = field(default_factory=dict)
    somewhere: bool = False


A_JWK: Final = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
DRAFT: Final[Mapping[str, Any]] = {
    "code": "drafted",
    "owner": OWN,
    "version": "1",
    "max_level": "D",
    "target_level": "D",
    "scheme_document": "course",
    "mandatory_minutes": 60,
    "validity": {"months": 12},
    "titles": {"sv": "Stege", "nb": "Stige", "en": "Ladder"},
    "content": {"sv": ["Resa"], "nb": ["Reise"], "en": ["Raise"]},
    "source": [{"fact": "validity", "mark": "G", "note": "remembered", "as_of": "2026-11-01"}],
}
SIGNED: Final[Mapping[str, Any]] = {
    "format": "bevis-signed/1",
    "kid": "k0",
    "batch": "x",
    "digest": None,
    "signatures": [{"number": "0" * 16, "signature": "x"}],
}
OCCASION = "hot-work-vasteras"  # issued by OWN; nobody of OTHER has a part in it
ANY_STATE = {"If-Match": "*"}
ROWS: Final[Mapping[str, Row]] = {
    # ---------------------------------------------------------------- accounts, keys
    "getMe": Row("/me"),
    "listAccounts": Row("/accounts"),
    "addAccount": Row("/accounts", body={"id": "new-one", "name": "Nils Nyhlén"}),
    "getAccount": Row("/accounts/subject", action="account.read"),
    "amendAccount": Row("/accounts/subject", body={"email": "subject@example.org"}, headers=ANY_STATE),
    "identifyAccount": Row("/accounts/subject/identity", body={"number": "no number"}),
    "endAccount": Row("/accounts/subject/ending"),
    "reopenAccount": Row("/accounts/subject/reopening"),
    "grantRole": Row("/accounts/subject/roles", OWN, body={"organisation": OWN, "role": "reader"}),
    "endRole": Row("/accounts/subject/roles/ending", OWN, body={"organisation": OWN, "role": "reader"}),
    "listKeys": Row("/keys?account=subject", action="key.read"),
    "createKey": Row(
        "/keys", OWN, "key.create", body={"account": "subject", "organisation": OWN, "roles": ["requester"]}
    ),
    "getKey": Row("/keys/{key}", action="key.read"),
    "revokeKey": Row("/keys/{key}/revocation", OWN, "key.revoke"),
    "listAccessLines": Row("/access-lines?kind=account&subject=subject"),
    # ---------------------------------------------------------------- certificates about organisations
    "listOrganisationCertificateEvents": Row(
        "/organisation-certificates/{certified}/history", OWN, "organisation_certificate.read"
    ),
    "certifyAudit": Row(
        "/audits",
        OWN,
        "organisation_certificate.issue",
        body={
            "kind": "audit",
            "issuer": OWN,
            "holder": OTHER,
            "extent": "full",
            "standard": "ISO/IEC 17024",
            "edition": "2026",
            "first_on": "2026-11-02",
            "last_on": "2026-11-03",
            "conforms": True,
        },
    ),
    "certifyQuality": Row(
        "/quality-certificates",
        OWN,
        "organisation_certificate.issue",
        body={
            "kind": "quality_certificate",
            "issuer": OWN,
            "holder": OTHER,
            "standard": "ISO 9001",
            "edition": "2015",
            "valid_from": "2026-01-01",
            "valid_until": "2028-12-31",
        },
    ),
    "followUpAudit": Row(
        "/organisation-certificates/{certified}/follow-up",
        OWN,
        "organisation_certificate.change",
        body={"closed": [{"ref": "A-1", "closed_on": "2026-11-10"}], "conforms": True},
    ),
    "suspendOrganisationCertificate": Row(
        "/organisation-certificates/{certified}/suspension",
        OWN,
        "organisation_certificate.change",
        body={"from_day": "2026-11-15", "reason": "seen"},
    ),
    "reinstateOrganisationCertificate": Row(
        "/organisation-certificates/{certified}/reinstatement",
        OWN,
        "organisation_certificate.reinstate",
        body={"from_day": "2026-12-15", "reason": "seen"},
    ),
    "withdrawOrganisationCertificate": Row(
        "/organisation-certificates/{certified}/withdrawal",
        OWN,
        "organisation_certificate.change",
        body={"from_day": "2026-11-15", "cause": "misuse", "reason": "seen"},
    ),
    "handInOrganisationSignature": Row(
        "/organisation-certificates/{certified}/signature", OWN, "organisation_certificate.issue", body=SIGNED
    ),
    "certifyMandate": Row("/mandates/{mandate}/certificate", OWN),
    "getMandateSigningRequest": Row("/mandates/{mandate}/signing-request", OWN),
    "handInMandateSignature": Row(
        "/mandates/{mandate}/signature",
        OWN,
        body=SIGNED,
    ),
    # ---------------------------------------------------------------- accreditations: to OWN, and of OWN
    "listAccreditations": Row("/accreditations", somewhere=True),
    "applyForAccreditation": Row(
        "/accreditations",
        OWN,
        body={"body": THIRD, "applicant": OWN, "standard": "ISO/IEC 17024", "edition": "2026", "scope": ["Hot work"]},
    ),
    "getAccreditation": Row("/accreditations/{accredits}", OWN),
    "addAccreditationDocument": Row(
        "/accreditations/{applied}/documents",
        OWN,
        body={"name": "Handbook", "reference": "https://example.org/handbook.pdf", "sha256": "0" * 64},
    ),
    "giveUpAccreditation": Row("/accreditations/{applied}/giving-up", OWN, body={"reason": "later"}),
    "reviewAccreditation": Row(
        "/accreditations/{accredits}/review", OWN, body={"outcome": "refuse", "reason": "not ready"}
    ),
    "issueAccreditation": Row("/accreditations/{accredits}/issuing", OWN),
    "handInAccreditationSignature": Row("/accreditations/{accredits}/signature", OWN, body=SIGNED),
    "surveilAccreditation": Row("/accreditations/{accredits}/surveillance", OWN, body={"audit": "7Q4M-2XKD-9RTB-0HWC"}),
    "warnAccredited": Row("/accreditations/{accredits}/warning", OWN, body={"reason": "late"}),
    "suspendAccreditation": Row(
        "/accreditations/{accredits}/suspension", OWN, body={"from_day": "2026-11-15", "reason": "seen"}
    ),
    "reinstateAccreditation": Row(
        "/accreditations/{accredits}/reinstatement", OWN, body={"from_day": "2026-12-15", "reason": "seen"}
    ),
    "withdrawAccreditation": Row(
        "/accreditations/{accredits}/withdrawal",
        OWN,
        body={"from_day": "2026-11-15", "cause": "misuse", "reason": "seen"},
    ),
    "orderPapers": Row("/batches/{batch}/papers", OWN, body={"page": "card"}),
    "listPapers": Row("/batches/{batch}/papers", OWN),
    "getPapers": Row("/batches/{batch}/papers/papers-0000000000000000", OWN),
    "getPapersArchive": Row("/batches/{batch}/papers/papers-0000000000000000/archive", OWN),
    # ---------------------------------------------------------------- how documents look
    "getDesign": Row(f"/organisations/{OWN}/design", OWN),
    "setDesign": Row(f"/organisations/{OWN}/design", OWN, body={"colour": "#1d3f72"}),
    "setLogo": Row(f"/organisations/{OWN}/design/logo", OWN, body="no picture", headers={"Content-Type": "image/png"}),
    "getLogo": Row(f"/organisations/{OWN}/design/logo", OWN),
    "removeLogo": Row(f"/organisations/{OWN}/design/logo", OWN),
    # ---------------------------------------------------------------- approvals
    "listApprovals": Row("/approvals"),
    "getApproval": Row("/approvals/{approval}", OWN, "approval.see"),
    "decideApproval": Row(
        "/approvals/{approval}/decision", OWN, "batch.approve", body={"decision": "approve", "digest": "0" * 64}
    ),
    "withdrawApproval": Row("/approvals/{approval}/withdrawal", OWN, "batch.request"),
    # ---------------------------------------------------------------- occasions
    "listOccasions": Row("/occasions", somewhere=True),
    "addOccasion": Row(
        "/occasions", OWN, body={"scheme": "hot-work", "issuer": OWN, "decided_on": "2026-11-01", "id": "new-occasion"}
    ),
    "getOccasion": Row(f"/occasions/{OCCASION}", OWN),
    "amendOccasion": Row(
        f"/occasions/{OCCASION}", OWN, body={"change": {"exam_face": "none"}, "reason": "seen"}, headers=ANY_STATE
    ),
    "cancelOccasion": Row(f"/occasions/{OCCASION}/cancellation", OWN, body={"reason": "never held"}),
    "getOccasionHistory": Row(f"/occasions/{OCCASION}/events", OWN),
    "recordSheet": Row(f"/occasions/{OCCASION}/sheets", OWN, body="name,birth date,minutes\nNils Ny,1990-05-17,0\n"),
    "listSheetLines": Row(f"/occasions/{OCCASION}/sheets", OWN),
    "recordResults": Row(
        f"/occasions/{OCCASION}/results",
        OWN,
        body="name,birth date,part,attempt,passed\nNils Ny,1990-05-17,theory,1,no\n",
    ),
    "listResults": Row(f"/occasions/{OCCASION}/results", OWN),
    # ---------------------------------------------------------------- certificates
    "listCertificates": Row("/certificates", somewhere=True),
    "getCertificate": Row("/certificates/{certificate}", OWN),
    "getCertificateHistory": Row("/certificates/{certificate}/history", OWN),
    "getCertificateDiploma": Row("/certificates/{certificate}/pdf?lang=nb", OWN),
    "getCertificateCard": Row("/certificates/{certificate}/card", OWN),
    "getCertificateDocument": Row("/certificates/{certificate}/document", OWN),
    "getCertificateProof": Row("/certificates/{certificate}/proof", OWN),
    "getCertificateCode": Row("/certificates/{certificate}/qr.svg", OWN),
    "issueCertificate": Row(
        "/certificates", OWN, body={"occasion": OCCASION, "name": "Nils Nyhlén", "birth_date": "1990-05-17"}
    ),
    # ---------------------------------------------------------------- class lists
    "handInList": Row(f"/batches?occasion={OCCASION}", OWN, "batch.request", body="namn;född\nNils Ny;1990-05-17\n"),
    "listBatches": Row("/batches", somewhere=True),
    "getBatch": Row("/batches/{batch}", OWN),
    "listBatchRows": Row("/batches/{batch}/rows", OWN),
    "followBatch": Row("/batches/{batch}/events", OWN),
    "getSigningRequest": Row("/batches/{batch}/to-sign", OWN),
    "handInSignatures": Row(
        "/batches/{batch}/signatures",
        OWN,
        body=SIGNED,
    ),
    "cancelBatch": Row("/batches/{batch}/cancellation", OWN, body={}),
    "resumeBatch": Row("/batches/{batch}/resumption", OWN),
    "getClassListTemplate": Row(f"/class-lists/template?occasion={OCCASION}", OWN),
    "correctClassList": Row(
        f"/class-lists/correction?occasion={OCCASION}", OWN, body="namn;född\nNils Ny;1990-05-17\n"
    ),
    # ---------------------------------------------------------------- changes of certificates
    "suspendCertificate": Row(
        "/certificates/{certificate}/suspension", OWN, body={"reason": "misuse"}, headers=ANY_STATE
    ),
    "revokeCertificate": Row(
        "/certificates/{certificate}/revocation", OWN, body={"reason": "fraud"}, headers=ANY_STATE
    ),
    "annulCertificate": Row("/certificates/{certificate}/annulment", OWN, body={"reason": "fraud"}, headers=ANY_STATE),
    "handInCorrection": Row(
        "/certificates/{certificate}/correction/signature",
        OWN,
        "certificate.correct",
        body=SIGNED,
    ),
    "replaceCertificate": Row(
        "/certificates/{certificate}/replacement", OWN, body={"by": "0000-0000-0000-0000"}, headers=ANY_STATE
    ),
    "reinstateCertificate": Row(
        "/certificates/{certificate}/reinstatement", OWN, body={"reason": "appeal"}, headers=ANY_STATE
    ),
    "correctCertificate": Row(
        "/certificates/{certificate}/correction", OWN, body={"name": "Bo Ek", "note": "misspelt"}, headers=ANY_STATE
    ),
    "previewMassChange": Row(
        f"/mass-changes/preview?change=suspend&reason=fraud&cause=training_provider&which={OWN}&organisation={OWN}",
        OWN,
        "mass_change.see",
    ),
    "askForMassChange": Row(
        "/mass-changes",
        OWN,
        body={"cause": "examiner", "which": "nobody", "change": "suspend", "reason": "fraud", "organisation": OWN},
    ),
    "askForMassReinstatement": Row(
        "/mass-changes/reinstatement", OWN, body={"suspended_by": "{mass_change}", "reason": "resolved"}
    ),
    "carryOutMassChange": Row("/mass-changes/{mass_change}/execution", OWN),
    "listSpoilt": Row("/signing-keys/{kid}/spoilt", OWN),
    "askToReissue": Row("/reissues", OWN, body={"key": "{kid}"}),
    "carryOutReissue": Row("/reissues/{reissue}/execution", OWN),
    "getReissueSigningRequest": Row("/reissues/{reissue}/to-sign", OWN),
    "handInReissue": Row("/reissues/{reissue}/signatures", OWN, body=SIGNED),
    # ---------------------------------------------------------------- people
    "listPeople": Row("/people", somewhere=True),
    "recordPerson": Row("/people", OWN, body={"organisation": OWN, "name": "Nova Nyström", "birth_date": "1990-05-17"}),
    "findPersonByNumber": Row("/people/by-number/search", body={"number": "19121212-1212"}, somewhere=True),
    "getPerson": Row("/people/{person}", somewhere=True),
    "amendPerson": Row("/people/{person}", body={"via": "Bygg AB"}, headers=ANY_STATE, somewhere=True),
    "addNumber": Row("/people/{person}/numbers", body={"number": "19121212-1212"}, somewhere=True),
    "endNumber": Row("/people/{person}/numbers/none/ending", body={"reason": "mistyped"}, somewhere=True),
    "setPortrait": Row(
        "/people/{person}/portrait", body="no picture", headers={"Content-Type": "image/png"}, somewhere=True
    ),
    "getPortrait": Row("/people/{person}/portrait", somewhere=True),
    "removePortrait": Row("/people/{person}/portrait", somewhere=True),
    "forgetPerson": Row("/people/{person}/forgetting", body={"reason": "asked for"}),
    "listDuplicates": Row("/duplicates", somewhere=True),
    "findDuplicates": Row("/duplicates/search"),
    "tellApart": Row("/duplicates/{pair}/difference", body={"reason": "two sisters"}, somewhere=True),
    "mergePeople": Row("/people/{person}/merging", body={"other": "{other}", "reason": "one person"}, somewhere=True),
    "unmergePerson": Row("/people/{person}/parting", body={"reason": "two people"}, somewhere=True),
    # ---------------------------------------------------------------- organisations
    "addOrganisation": Row("/organisations", body={"id": "new-org", "name": "Nya AB", "registered_on": "2020-01-01"}),
    "closeOrganisation": Row(f"/organisations/{OWN}/closing", OWN, body={"closed_on": "1999-01-01"}),
    "strikeOrganisation": Row(f"/organisations/{OWN}", OWN, body={"struck_off_on": "2026-11-01"}, headers=ANY_STATE),
    "listTies": Row(f"/organisations/{OWN}/ties", OWN),
    "listDeclarations": Row(f"/organisations/{OWN}/declarations", OWN),
    "addTie": Row("/ties", body={"kind": "shared_staff", "a": OWN, "b": OTHER}),
    "endTie": Row("/ties/ending", body={"kind": "shared_staff", "a": OWN, "b": OTHER, "on": "2026-11-01"}),
    "listSigningKeys": Row(f"/organisations/{OWN}/signing-keys", OWN),
    "rotateSigningKey": Row(f"/organisations/{OWN}/signing-keys", OWN, body={}),
    "renewSigningKey": Row("/signing-keys", body={"purpose": "status"}),
    "challengeSigningKey": Row(f"/organisations/{OWN}/signing-keys/challenge", OWN, body={"jwk": A_JWK}),
    "registerSigningKey": Row(
        f"/organisations/{OWN}/signing-keys/own",
        OWN,
        body={
            "proof": {
                "format": "bevis-possession/1",
                "registry": "r",
                "organisation": OWN,
                "jwk": A_JWK,
                "until": "u",
                "nonce": "n",
                "signature": "s",
            }
        },
    ),
    "retireSigningKey": Row("/signing-keys/{kid}/retirement", OWN),
    "reportSigningKey": Row("/signing-keys/{kid}/compromise", OWN, body={"since": "2026-11-19T00:00:00Z"}),
    "declare": Row("/declarations", OWN, body={"organisation": OWN, "kind": "appeals", "on": "2026-11-01"}),
    "withdrawDeclaration": Row("/declarations/{declaration}/withdrawal", OWN, body={"on": "2026-11-01"}),
    # ---------------------------------------------------------------- schemes, mandates
    "listSchemeDrafts": Row("/scheme-drafts"),
    "draftScheme": Row("/scheme-drafts", OWN, body=DRAFT | {"code": "another"}),
    "getSchemeDraft": Row("/scheme-drafts/drafted/1", OWN),
    "amendSchemeDraft": Row("/scheme-drafts/drafted/1", OWN, body=DRAFT, headers=ANY_STATE),
    "confirmSchemeFact": Row(
        "/scheme-drafts/drafted/1/confirmation", OWN, body={"fact": "validity", "evidence": "minute 9"}
    ),
    "submitSchemeDraft": Row("/scheme-drafts/drafted/1/submission", OWN),
    "approveSchemeDraft": Row("/scheme-drafts/drafted/1/approval", OWN, body={"digest": "0" * 64}),
    "publishScheme": Row("/scheme-drafts/drafted/1/publication", OWN, body={}),
    "discardSchemeDraft": Row("/scheme-drafts/given-up/1/discarding", OWN, body={"reason": "not now"}),
    "importSchemeCatalogue": Row("/scheme-catalogue/import", OWN, body={"owner": OWN, "ids": ["any-talk"]}),
    "listSchemeEvents": Row("/schemes/published/history", OWN),
    "retireScheme": Row(
        "/schemes/published/versions/1/retirement", OWN, body={"retired_from": "2099-01-01", "reason": "replaced"}
    ),
    "extendScheme": Row(
        "/schemes/published/extensions",
        OWN,
        body={
            "ends_from": "2026-03-01",
            "ends_until": "2026-06-30",
            "months": 4,
            "decided_on": "2026-03-10",
            "decision": "board 4",
        },
    ),
    "listReports": Row("/reports?state=open"),
    "closeReport": Row("/reports/{report}/closing", body={"because": "it was compared"}),
    "withdrawExtension": Row("/extensions/{extension}/withdrawal", OWN, body={"reason": "a mistake"}),
    "grantMandate": Row(
        "/mandates", OWN, body={"scheme": "published", "issuer": OTHER, "max_level": "E", "since": "2026-11-01"}
    ),
    "suspendMandate": Row(
        "/mandates/{mandate}/suspension", OWN, body={"from_day": "2026-11-01", "reason": "complaint 3"}
    ),
    "reinstateMandate": Row("/mandates/{mandate}/reinstatement", OWN, body={"reason": "complaint 3 is settled"}),
    "withdrawMandate": Row(
        "/mandates/{mandate}/withdrawal", OWN, body={"from_day": "2026-12-01", "reason": "complaint 3"}
    ),
    "listMandateEvents": Row("/mandates/{mandate}/history", OWN),
    "grantRecognition": Row(
        "/recognitions", OWN, body={"scheme": "published", "accepts": "hot-work", "accepted_from": "2026-11-01"}
    ),
    "withdrawRecognition": Row(
        "/recognitions/{recognition}/withdrawal", OWN, body={"from_day": "2026-12-01", "reason": "minute 9"}
    ),
    "listRecognitionEvents": Row("/recognitions/{recognition}/history", OWN),
}
# Where any of several actions opens a thing.
EITHER: Final[Mapping[str, tuple[str, ...]]] = {
    "approval.see": ("batch.request", "batch.approve", "approval.read"),
    "mass_change.see": ("certificate.mass_change", "certificate.mass_change_approve"),
}
