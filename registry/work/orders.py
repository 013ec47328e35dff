"""To ask whichever process has the turn to carry out a batch."""

from uuid import uuid4

from registry.records.store.database_faults import told_plainly
from registry.records.whole.directory import Registry


def order(registry: Registry, batch_id: str) -> None:
    """Ask for it; once, however often it is asked. Raises DatabaseBusy, DatabaseFull."""
    from dbos import DBOSClient  # takes half a second, and few commands need it

    from registry.work.ledger import APPLICATION, ISSUE_BATCH, QUEUE, VERSION, PlainJson, keep_quiet, ledger_of, url_of

    keep_quiet()
    with told_plainly(ledger_of(registry)):
        client = DBOSClient(system_database_url=url_of(registry), serializer=PlainJson(), application_name=APPLICATION)
        try:
            client.enqueue(
                {
                    "queue_name": QUEUE,
                    "workflow_name": ISSUE_BATCH,
                    "workflow_id": f"{batch_id}.{uuid4().hex[:12]}",
                    "app_version": VERSION,
                    "deduplication_id": batch_id,
                    "duplication_policy": "return-existing",
                },
                batch_id,
            )
        finally:
            client.destroy()
