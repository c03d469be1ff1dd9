"""Articles that go with an article: those most like it, and the thread of one event and its sequel."""
