"""Related articles: those most similar to an article, and the thread of an event and its sequel."""
