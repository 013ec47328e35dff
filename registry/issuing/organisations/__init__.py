"""Certificates about organisations: mandates, accreditations, certified quality systems, audits."""
