"""Delivery: carries a week's report to each destination, once, and says which destination did not get it."""

from spendready_pipeline.delivery.delivering import deliver
from spendready_pipeline.delivery.message import Message, Part

__all__ = ["Message", "Part", "deliver"]
