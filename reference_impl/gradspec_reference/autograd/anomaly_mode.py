"""Anomaly detection, under the name of its module in torch (torch.autograd.anomaly_mode)."""

from __future__ import annotations

from gradspec_reference.engine.anomaly import detect_anomaly, set_detect_anomaly

__all__ = ["detect_anomaly", "set_detect_anomaly"]
