"""The registry's seal on documents: its chain of certificates, and how a file is sealed."""
