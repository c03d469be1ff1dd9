"""Other questions to a snapshot: an article by name, an overview, suggestions, months, two generations."""
