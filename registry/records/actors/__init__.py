"""Who may do what here, and what a second person has decided."""
