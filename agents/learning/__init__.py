"""Reinforcement learning: PPO, PQN, DQN and tabular Q-learning, one file for each algorithm."""
