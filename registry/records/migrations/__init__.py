"""How a registry of an older version becomes one of this version."""
