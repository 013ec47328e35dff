"""The log: kept, looked at, published, recovered."""
