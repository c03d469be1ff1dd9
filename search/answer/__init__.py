"""From ranked passages to what a reader sees: hits, their sentences, explanations, a prompt."""
