"""The gateway's composition root: builds everything, owns the task group and the signals, holds no logic."""
