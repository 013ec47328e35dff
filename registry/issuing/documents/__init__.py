"""What a certificate looks like in the hand: its QR code, the diploma, the card."""
