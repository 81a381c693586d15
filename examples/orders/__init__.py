"""Order intake: polls the shops, prices and stores their orders, tells the warehouse."""

__version__ = "1.4.2"
