"""Huawei Cloud orders: BSS OpenAPI v2 (orders, service types), IAM v3 (tokens)."""

from __future__ import annotations

from bot.providers.huawei.adapter import HuaweiAdapter

__all__ = ["HuaweiAdapter"]
