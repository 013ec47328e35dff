"""What went wrong, as a shell tells it, and its exit code: a refusal, wrong usage, a fault of the system or of ours."""

import os
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer

from registry.command_line.refused import language_of, refused
from registry.command_line.screen import COULD_NOT_CHECK, USAGE, report, words
from registry.errors import NOT_STORED, Refusal
from registry.records.store.database_faults import is_database_fault
from registry.records.store.database_faults import told as in_words
from registry.web.sentences import translated

# The common parent of all that Typer says about wrong usage; Typer does not export it by name.
_UsageFault: type[Exception] = typer.BadParameter.__mro__[2]


def presented(arguments: Sequence[str], fault: Exception) -> int:
    """Say what went wrong, and which exit code that is."""
    lang = language_of(arguments)
    if isinstance(fault, Refusal):
        told = refused(fault, lang)
        report(arguments, type(fault).__name__, told.title, told.detail, told.faults)
        return COULD_NOT_CHECK if isinstance(fault, NOT_STORED) else USAGE
    if isinstance(fault, _UsageFault):
        context, says = getattr(fault, "ctx", None), getattr(fault, "format_message", fault.__str__)()
        hint = words(lang, "usage_help", command=context.command_path if context else "bevis")
        detail = f"{translated(says.strip(), lang)} {hint}" if says else hint
        report(arguments, "Usage", words(lang, "usage_wrong"), detail)
        return USAGE
    if isinstance(fault, UnicodeEncodeError):
        report(arguments, "Usage", words(lang, "usage_wrong"), words(lang, "usage_not_utf8"))
        return USAGE
    if isinstance(fault, OSError):
        where = f"{fault.filename}: " if fault.filename else ""
        report(arguments, "System", words(lang, "system_refused"), f"{where}{fault.strerror or fault}")
        return USAGE
    if is_database_fault(fault):
        # A database repeats what it was given, which may be people's data: only SQLite's own words are passed on.
        report(arguments, "Database", words(lang, "database_fault"), words(lang, "look_closer", what=in_words(fault)))
    else:
        report(arguments, "Fault", words(lang, "own_fault"), words(lang, "look_closer", what=_of_ours(fault)))
    return COULD_NOT_CHECK


def _of_ours(fault: Exception) -> str:
    """Where it happened, for a report of the fault; the whole of it with BEVIS_TRACEBACK=1."""
    if os.environ.get("BEVIS_TRACEBACK") == "1":
        traceback.print_exception(fault)
    frames = traceback.extract_tb(fault.__traceback__)
    where = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(fault).__name__}{where}"
