"""Every QR code in a photo, a screenshot or a PDF: what it says, on which page, and where."""
