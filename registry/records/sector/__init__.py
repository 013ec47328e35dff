"""What a sector publishes: schemes, and who may issue by them."""
