"""The kernel: what every other package stands on. Imports nothing of ours."""
