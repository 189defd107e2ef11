"""Agents by name, and games: episodes, matches, replays, videos, high scores."""
