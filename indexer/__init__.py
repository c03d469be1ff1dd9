"""The write side: source files -> articles -> passages -> vectors -> one commit."""
