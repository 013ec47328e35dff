"""HTTP in: the only clock and the only commit of the web process."""
