"""Prompts with examples, and how often language models answer them right."""
