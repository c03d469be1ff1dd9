"""The index as a retriever of LangChain, LlamaIndex and Haystack, and the check of an answer: a module each, which needs that framework and
is loaded by nothing else.
"""
