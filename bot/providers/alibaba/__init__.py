"""Alibaba Cloud's billing API (BSS OpenAPI 2017-12-14), China and international site."""
