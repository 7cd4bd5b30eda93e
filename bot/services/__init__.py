"""One public method per use case: load, decide, store. No Slack, HTTP, SQL or pydantic."""
