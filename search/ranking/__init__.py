"""Ranking passages: by meaning, by words, both together; copies folded."""
