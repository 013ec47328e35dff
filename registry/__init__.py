"""The registry: records, keys, and the two journeys that write, issuing and checking."""
