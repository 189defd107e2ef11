"""Agents that were learned: networks and tables that choose actions, and what they share."""
