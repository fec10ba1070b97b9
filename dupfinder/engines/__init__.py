"""Engines carry the stages out: `pipeline` is the scan, `workers` where its tasks run."""
