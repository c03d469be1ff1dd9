"""Other queries of a snapshot: an article by name, an overview, suggestions, timelines, facets, two generations compared."""
