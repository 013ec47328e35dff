"""All that the registry may refuse. The docstring is the title, the exception's text the detail. Knows no HTTP."""
# ruff: noqa: D400 a docstring here is a title, and a title has no full stop

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

ANY_ORGANISATION: Final = "any organisation"  # for whom, where one would do as well as another


class Refusal(Exception):
    """The registry refuses this"""


class _NoSuchId(Exception):
    """What somebody named by an id that is not there.

    given  the id, where that alone is wrong
    near   one that is there and nearly the same, where somebody looked for it
    """

    def __init__(self, says: str, given: str | None = None) -> None:
        super().__init__(says)
        self.given = given
        self.near: str | None = None


class MalformedInput(Refusal):
    """The input cannot be read

    faults  pairs of (path such as `session[0].minutes`, sentence that says what to do)
    """

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{path}: {says}" if path else says for path, says in faults))
        self.faults = tuple(faults)


class RegistryExists(Refusal):
    """There is already a registry in this directory"""


class NoRegistryHere(Refusal):
    """There is no registry in this directory"""


class RegistryOlder(Refusal):
    """The registry was made by an older version of this program"""


class RegistryNewer(Refusal):
    """The registry was made by a newer version of this program"""


class UpgradeFailed(Refusal):
    """The registry could not be upgraded"""


class DatabaseBusy(Refusal):
    """The database is busy"""


class DatabaseFull(Refusal):
    """The database has no room left"""


class DatabaseUnavailable(Refusal):
    """The database cannot be used"""


# Not about what was asked: asked again later, it may be done.
NOT_STORED = (DatabaseBusy, DatabaseFull, DatabaseUnavailable)


class DatabaseUnsafe(Refusal):
    """The database would not keep what it was given"""


class MasterKeyExists(Refusal):
    """There is already a master key"""


class NoMasterKey(Refusal):
    """The master key cannot be read"""


class WrongMasterKey(Refusal):
    """This is not the master key of this registry"""


class IndexKeyExists(Refusal):
    """There is already an index key"""


class NoIndexKey(Refusal):
    """The index key cannot be read"""


class WrongIndexKey(Refusal):
    """This is not the index key of this registry"""


class SealDoesNotOpen(Refusal):
    """What was kept under seal does not open"""


class NoSigningKey(Refusal):
    """There is no key to sign with"""


class KeyHeldElsewhere(Refusal):
    """The organisation holds its key itself"""


class KeyKnown(Refusal):
    """This key is registered already"""


class PossessionNotProven(Refusal):
    """It is not shown that the private key is held"""


class ChallengeEnded(Refusal):
    """What was to be signed has ended"""


class KeyFileExists(Refusal):
    """There is already a file of that name"""


class KeyFileUnusable(Refusal):
    """This key file cannot be used"""


class NothingToSign(Refusal):
    """Nothing waits for signatures"""


class SignatureRejected(Refusal):
    """A signature is not the one that was asked for"""


class SigningOutdated(Refusal):
    """What was handed out to be signed holds no more"""


class KeySignsNoMore(Refusal):
    """The key signs no more"""


class LogStopped(Refusal):
    """The log stands still, and nothing is signed

    standing  why: one of the words of `signing.log.state.Standing`
    """

    def __init__(self, says: str, standing: str) -> None:
        super().__init__(says)
        self.standing = standing


class LogGoesOn(Refusal):
    """The log can go on"""


class LogNotRecovered(Refusal):
    """The log cannot be recovered from this"""


class BackupDamaged(Refusal):
    """This is no backup, or not as it was made"""


class LogNotThere(Refusal):
    """The log has no such part"""


class NotLoggedYet(Refusal):
    """It has no place in the log yet"""


class SigningKeyNotFound(Refusal):
    """No such key"""


class OrganisationNotFound(_NoSuchId, Refusal):
    """No such organisation"""


class OrganisationExists(Refusal):
    """There is already an organisation with this id"""


class OrganisationRejected(Refusal):
    """This cannot be recorded about the organisation"""


class ShareOverHundred(Refusal):
    """Nobody can own more than all of an organisation"""


class TieNotFound(Refusal):
    """No such open tie"""


class DeclarationNotFound(Refusal):
    """No such declaration"""


class SchemeNotFound(_NoSuchId, Refusal):
    """No such scheme or version"""


class SchemeExists(Refusal):
    """There is already such a version of this scheme"""


class SchemeDraftNotFound(Refusal):
    """No such draft of a scheme"""


class SchemeDraftExists(Refusal):
    """That version is being written already"""


class SchemeUnconfirmed(Refusal):
    """The draft says what nobody has confirmed"""


class SourceNotFound(Refusal):
    """The draft gives no source for that"""


class SchemeNotInForce(Refusal):
    """The version of the scheme is not in force on that day"""


class SchemeRetired(Refusal):
    """A version that is retired stays so"""


class ExtensionNotFound(Refusal):
    """No such extension"""


class ExtensionWithdrawn(Refusal):
    """The extension was withdrawn already"""


class CatalogueEntryNotFound(Refusal):
    """The catalogue has no such scheme"""


class NotIssuable(Refusal):
    """This is not issued here"""


class SchemeNotTheOwners(Refusal):
    """A scheme belongs to one owner"""


class SchemeLooserThanEdition(Refusal):
    """A scheme may only tighten the rules, never loosen them"""


class MandateNotFound(Refusal):
    """No such mandate"""


class MandateNotAllowed(Refusal):
    """The mandate cannot be like this"""


class MandateAlreadyWithdrawn(Refusal):
    """A withdrawn mandate stays withdrawn"""


class MandateNotSuspended(Refusal):
    """Only a suspended mandate can be reinstated"""


class MandateCertified(Refusal):
    """The mandate has its certificate already"""


class ReportNotFound(Refusal):
    """No such report"""


class ReportAlreadyClosed(Refusal):
    """The report is closed already"""


class RecognitionNotFound(Refusal):
    """No such recognition"""


class AccreditationNotFound(Refusal):
    """No such accreditation"""


class AccreditationStep(Refusal):
    """The accreditation is not where this could be done"""


class PartInApplication(Refusal):
    """Whoever has a part in an application neither reviews it nor decides"""


class ChangeNotAllowed(Refusal):
    """This cannot be done with a certificate about an organisation"""


class RecognitionNotAllowed(Refusal):
    """The recognition cannot be like this"""


class RecognitionAlreadyWithdrawn(Refusal):
    """A withdrawn recognition stays withdrawn"""


class OccasionNotFound(_NoSuchId, Refusal):
    """No such occasion"""


class OccasionExists(Refusal):
    """There is already an occasion with this id"""


class OccasionIncomplete(Refusal):
    """The occasion does not say enough to issue from"""


class OccasionCancelled(Refusal):
    """The occasion was cancelled"""


class OccasionSettled(Refusal):
    """This can no longer be changed about the occasion"""


class RowsNotRecorded(Refusal):
    """Some rows cannot be recorded

    faults  row (0: the file as a whole, 1: its header), column or None, and the sentence by language
    """

    def __init__(self, faults: Sequence[tuple[int, str | None, Mapping[str, str]]]) -> None:
        super().__init__(f"{len(faults)} faults; nothing was recorded")
        self.faults = tuple(faults)


class ReasonMissing(Refusal):
    """This needs a reason"""


class DecisionInFuture(Refusal):
    """Nothing is issued before the day it was decided"""


class IssuerNotAuthorised(Refusal):
    """The issuer has neither a mandate nor the scheme"""


class MandateSuspended(IssuerNotAuthorised):
    """The issuer's mandate is suspended

    mandate  its id
    owner    who suspended it: the owner of the scheme
    since    the first day on which it does not hold; until: the last, None = until further notice
    """

    def __init__(self, mandate: str, *, scheme: str, owner: str, since: date, until: date | None) -> None:
        end = f"until {until}, both days included" if until else "until further notice"
        super().__init__(
            f"{owner}, which owns {scheme}, suspended {mandate} from {since} on, {end}; ask {owner} to end that, and "
            "ask for the certificates anew afterwards"
        )
        self.mandate, self.scheme, self.owner, self.since, self.until = mandate, scheme, owner, since, until


class AskedTooHigh(Refusal):
    """The asked level lies above what the scheme can reach"""


class EmptyRoster(Refusal):
    """There is nobody in the class list"""


class ListNotRead(Refusal):
    """The class list cannot be read

    faults  row (0: the file as a whole), column or None, and the sentence by language
    """

    def __init__(self, faults: Sequence[tuple[int, str | None, Mapping[str, str]]]) -> None:
        super().__init__(f"{len(faults)} faults; nothing was kept")
        self.faults = tuple(faults)


class NotIssued(Refusal):
    """Nothing was issued

    faults  what cannot be accepted: member of the request (with dots, none that was made up) or None, and the sentence
            by language
    unmet   requirements that do not hold: the one member that lifts it or None, and the sentence by language
    """

    def __init__(
        self,
        faults: Sequence[tuple[str | None, Mapping[str, str]]],
        unmet: Sequence[tuple[str | None, Mapping[str, str]]],
    ) -> None:
        super().__init__(f"{len(faults)} faults, {len(unmet)} requirements not met")
        self.faults, self.unmet = tuple(faults), tuple(unmet)


class BatchNotFound(Refusal):
    """No such batch"""


class BatchFinished(Refusal):
    """A batch that is done or cancelled stays so"""


class BatchChanged(Refusal):
    """What was decided about the list no longer comes out the same"""


class TookPart(Refusal):
    """Whoever taught or examined does not decide"""


class OwnProofFailed(Refusal):
    """A certificate did not pass our own verifier, so nothing was issued"""


class CertificateNotFound(Refusal):
    """No such certificate"""


class AlreadyRevoked(Refusal):
    """A certificate that was revoked, annulled or replaced stays so"""


class AlreadySuspended(Refusal):
    """The certificate is suspended already"""


class NotSuspended(Refusal):
    """Only a suspended certificate can be reinstated"""


class NotForeseen(Refusal):
    """Neither level nor scheme of the certificate foresees this change"""


class NothingToChange(Refusal):
    """No certificate can be changed so"""


class TooManyCertificates(Refusal):
    """These are more certificates than are changed at once"""


class AnotherPerson(Refusal):
    """A correction must not make a certificate another person's"""


class NothingToCorrect(Refusal):
    """The certificate says that already"""


class NotASuccessor(Refusal):
    """The other certificate cannot come in this one's place"""


class NoticeNotFound(Refusal):
    """No such notice to a holder"""


class NoticeNotHanded(Refusal):
    """The notice is in another state"""


class HandoverNotFound(Refusal):
    """No notices were handed over under this id"""


class UnknownReason(Refusal):
    """The reason is none of the agreed ones"""


class RecordDamaged(Refusal):
    """What is on record is not what was signed"""


class StatusListNotFound(Refusal):
    """No such status list"""


class NotAllowed(Refusal):
    """Another role is needed for this

    account       who tried
    action        what, as `registry/records/actors/actions.toml` calls it
    organisation  for whom; None = the registry itself
    roles         any of these would do
    """

    def __init__(self, account: str, action: str, organisation: str | None, roles: Sequence[str]) -> None:
        where = "in the registry itself" if organisation is None else f"at {organisation}"
        super().__init__(f"{account} may not do this ({action}): it takes {' or '.join(roles)} {where}")
        self.account, self.action, self.organisation, self.roles = account, action, organisation, tuple(roles)


class NotProven(Refusal):
    """This takes the person's own key"""


class ActorUnknown(Refusal):
    """Nobody with an account does this"""


class ApiKeyRejected(Refusal):
    """The key opens nothing here"""


class ApiKeyNotFound(Refusal):
    """No such API key"""


class ApiKeyNotAllowed(Refusal):
    """Such a key cannot be made"""


class AccountNotFound(Refusal):
    """No such account"""


class AccountExists(Refusal):
    """There is already such an account"""


class AccountEnded(Refusal):
    """The account has ended"""


class PersonHasAccount(Refusal):
    """One person has one account"""


class RoleHeld(Refusal):
    """The role is held already"""


class RoleNotHeld(Refusal):
    """No such role is held"""


class LastOperator(Refusal):
    """A registry is never without an operator"""


class ApprovalNotFound(Refusal):
    """There is nothing such to approve"""


class ApprovalNeeded(Refusal):
    """Somebody else has to approve this first"""


class ApprovalPending(Refusal):
    """Somebody else asked for the same at the same moment"""


class AlreadyDecided(Refusal):
    """It was decided already"""


class SamePerson(Refusal):
    """Nobody approves what they asked for themselves"""


class RequestOutdated(Refusal):
    """What was asked for has changed since"""


class ContentChanged(Refusal):
    """What was read is not what there is to approve"""


class PersonNotFound(Refusal):
    """No such person"""


class PersonMerged(Refusal):
    """Another record stands for this person"""


class NotMerged(Refusal):
    """This record stands for itself"""


class NumberOfAnother(Refusal):
    """The number is on record of somebody else"""


class NumberNotFound(Refusal):
    """No such number is on record of this person"""


class PortraitNotFound(Refusal):
    """No portrait is on record of this person"""


class DuplicateNotFound(Refusal):
    """No such pair is in the review queue"""


class KeyMissing(Refusal):
    """Who asks has to prove it with a key"""


class TooManyRequests(Refusal):
    """Too much was asked with this key, or from this address

    wait_seconds  until the same may be asked again
    """

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"ask again in {wait_seconds} s")
        self.wait_seconds = wait_seconds


class TimestampUnavailable(Refusal):
    """Nobody vouched for the time of the seal"""


class Unprintable(Refusal):
    """This certificate cannot be printed"""


class PapersNotFound(Refusal):
    """There are no such papers"""


class PapersNotReady(Refusal):
    """The papers are not printed yet"""


class LogoNotFound(Refusal):
    """There is no logo"""


class TooMuchUnderWay(Refusal):
    """As much of this is being worked on as there is room for

    wait_seconds  until it is worth asking again
    """

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"ask again in {wait_seconds} s")
        self.wait_seconds = wait_seconds


class IdempotencyKeyMissing(Refusal):
    """A change needs an Idempotency-Key"""


class IdempotencyKeyReused(Refusal):
    """This Idempotency-Key was used for something else"""


class SameRequestUnderWay(Refusal):
    """The same request is being worked on"""


class AnswerSealed(Refusal):
    """It was done, but what was answered opens with the former key only"""


class StateNotNamed(Refusal):
    """Say which state of it you have read"""


class ChangedMeanwhile(Refusal):
    """Somebody changed it in the meantime"""


class CursorUnknown(Refusal):
    """That is no place in this list"""
