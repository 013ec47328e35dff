"""What a sector publishes: schemes, what it recognises, and how long it lets certificates hold."""
