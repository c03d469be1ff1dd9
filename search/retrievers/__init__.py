"""Retrievers and checks of answers for LangChain, LlamaIndex and Haystack: a module each, which nothing else loads."""
