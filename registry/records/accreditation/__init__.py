"""Accreditations from the application to the last sanction."""
