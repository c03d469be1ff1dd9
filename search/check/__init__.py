"""Fact-checking of written answers against the archive."""
