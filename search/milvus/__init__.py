"""An index in Milvus, searched by the same code as one in a folder."""
