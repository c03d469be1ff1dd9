"""What both sides share of an index that lies in Milvus: where it is, how one talks to the server, and what its rows hold."""
