"""Masked language modeling: how gaps are drawn, told and judged."""
