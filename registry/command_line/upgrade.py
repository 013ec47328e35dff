"""`bevis upgrade`: a registry of an older version becomes one of this version."""

from registry.command_line.place import Dir, registry_at
from registry.command_line.screen import AsJson, Language, language, show, show_json, words
from registry.records.whole.upgrade import upgrade_registry
from registry.records.whole.versions import newest_version


def upgrade(directory: Dir = None, as_json: AsJson = False, lang: Language = None) -> None:
    """Bring the tables of a registry to this version of the program. All of it, or nothing.

    Stop `bevis serve` and whatever else uses the registry, and make a copy of its directory and of its database first.
    """
    with registry_at(directory, checked=False) as registry:
        steps = upgrade_registry(registry)
        where = str(registry.address)
    if as_json:
        show_json({"database": where, "version": newest_version(), "steps": list(steps)})
        return
    tongue = language(lang)
    done = "upgraded" if steps else "upgrade_nothing"
    show(words(tongue, done, where=where, version=newest_version()), "bold")
