"""Quotation lookup: whether and where the archive has a quotation."""
