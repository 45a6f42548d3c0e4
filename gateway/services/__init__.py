"""Use cases: what people and devices want done, each in one transaction with its audit line."""
