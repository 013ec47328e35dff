"""`bevis scheme`, whole: its own verbs, the catalogue's, and those of extensions."""

from registry.command_line import catalogue, extension
from registry.command_line.scheme import commands

for name, command in (
    ("catalogue", catalogue.list_),
    ("import-catalogue", catalogue.import_),
    ("extend", extension.extend),
    ("extensions", extension.list_),
    ("end-extension", extension.end),
):
    commands.command(name)(command)
