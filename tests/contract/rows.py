"""One row an operation that is not public: a request that is right but for who makes it, and whose thing it is about.

A new route needs a row here; without one, `test_roles.py` fails. Ids that are only known when the registry is made
stand in braces, and `World` in `test_roles.py` has them.

organisation  whose thing it is: OWN, where the roles of the test are held, or None for the registry itself
action        what decides in the end, where the route itself lets in everybody with a key, or a wider action
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

OWN: Final = "provhuset"
OTHER: Final = "eksamenshuset"


@dataclass(frozen=True)
class Row:
    path: str
    organisation: str | None = None
    action: str | None = None
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


ANY_STATE = {"If-Match": "*"}
ROWS: Final[Mapping[str, Row]] = {
    # ---------------------------------------------------------------- accounts, keys
    "getMe": Row("/me"),
    "listAccounts": Row("/accounts"),
    "addAccount": Row("/accounts", body={"id": "new-one", "name": "Nils Nyhlén"}),
    "getAccount": Row("/accounts/subject", action="account.read"),
    "amendAccount": Row("/accounts/subject", body={"email": "subject@example.org"}, headers=ANY_STATE),
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
    # ---------------------------------------------------------------- approvals
    "listApprovals": Row("/approvals"),
    "getApproval": Row("/approvals/{approval}", OWN, "approval.see"),
    "decideApproval": Row(
        "/approvals/{approval}/decision", OWN, "batch.approve", body={"decision": "approve", "digest": "0" * 64}
    ),
    "withdrawApproval": Row("/approvals/{approval}/withdrawal", OWN, "batch.request"),
    # ---------------------------------------------------------------- organisations
    "addOrganisation": Row("/organisations", body={"id": "new-org", "name": "Nya AB", "registered_on": "2020-01-01"}),
    "strikeOrganisation": Row(f"/organisations/{OWN}", OWN, body={"struck_off_on": "2026-11-01"}, headers=ANY_STATE),
    "listTies": Row(f"/organisations/{OWN}/ties", OWN),
    "listDeclarations": Row(f"/organisations/{OWN}/declarations", OWN),
    "addTie": Row("/ties", body={"kind": "shared_staff", "a": OWN, "b": OTHER}),
    "endTie": Row("/ties/ending", body={"kind": "shared_staff", "a": OWN, "b": OTHER, "on": "2026-11-01"}),
    "listSigningKeys": Row(f"/organisations/{OWN}/signing-keys", OWN),
    "rotateSigningKey": Row(f"/organisations/{OWN}/signing-keys", OWN, body={}),
    "retireSigningKey": Row("/signing-keys/{kid}/retirement", OWN),
    "reportSigningKey": Row("/signing-keys/{kid}/compromise", OWN, body={"since": "2026-11-19T00:00:00Z"}),
    "declare": Row("/declarations", OWN, body={"organisation": OWN, "kind": "appeals", "on": "2026-11-01"}),
    "withdrawDeclaration": Row("/declarations/{declaration}/withdrawal", OWN, body={"on": "2026-11-01"}),
}
# Where any of several actions opens a thing.
EITHER: Final[Mapping[str, tuple[str, ...]]] = {"approval.see": ("batch.request", "batch.approve", "approval.read")}
