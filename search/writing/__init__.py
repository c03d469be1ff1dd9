"""Answers that a language model writes from passages of the index, checked before a person sees them."""
