"""An index moved to Milvus and back, or exchanged as Parquet."""
