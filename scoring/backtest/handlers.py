"""What back-tests do when something happened."""

from scoring.backtest.activation import report_activation

__all__ = ["report_activation"]
