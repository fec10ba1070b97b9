"""What was found and what is planned, for people (terminal) and for programs (JSON)."""
