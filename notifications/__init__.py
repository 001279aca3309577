"""Telling people: who hears of a step, in which words, by which channel, exactly once."""
