"""Agents and games by name: matches, replays, recordings, scores."""
