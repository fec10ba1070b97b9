"""Find duplicate and near-duplicate photos, with proof for every pair."""
