"""Answers that a language model writes from passages of the index, and what is checked of them before a person sees them."""
