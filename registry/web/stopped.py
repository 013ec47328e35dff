"""Why a batch goes no further, in the reader's language."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from pydantic import BaseModel, Field

from registry.records.issued.batches import Batch
from registry.web.problems import problem_texts


class Stopped(BaseModel):
    """Why nothing more is issued of a batch."""

    reason: str = Field(description="A stable code: `faults`, `cancelled`, or that of a problem.", examples=["faults"])
    says: str = Field(description="The same in the language asked for, with what to do.")
    detail: str | None = Field(description="What exactly, in English.")


def stopped(batch: Batch, lang: str) -> Stopped | None:
    """None of a batch that goes on, or is done."""
    if batch.state not in {"held", "failed", "cancelled"}:
        return None
    reason = batch.reason or "fault"
    problem = problem_texts().get(reason.replace("_", "-"))
    says = _texts()["fault"][lang]
    if reason in _texts():
        says = _texts()[reason][lang]
    elif problem is not None:
        says = f"{problem['says'][lang]} {problem['next'][lang]}"
    # What is wrong with the registry itself is for its operator.
    return Stopped(reason=reason, says=says, detail=None if batch.state == "failed" else batch.detail)


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads((resources.files("registry.web") / "texts" / "stopped.toml").read_text(encoding="utf-8"))
