"""Sharp Eyes Gateway: a permissioned video integration gateway for a district command centre."""
