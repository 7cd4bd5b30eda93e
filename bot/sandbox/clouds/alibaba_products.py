"""What the embedded Alibaba Cloud sells: QueryProductList's rows, and what orders are made of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Product:
    """*price* is the monthly list price in yuan; *prefix* begins the ids of its instances."""

    code: str
    product_type: str
    chinese: str
    english: str
    price: Decimal
    prefix: str
    config: str

    def row(self, site: str, subscription_type: str) -> dict[str, str]:
        """One row of QueryProductList: a product appears once per type and billing method."""
        if site == "china":
            billing = "包年包月" if subscription_type == "Subscription" else "按量付费"
            name = f"{self.chinese}({billing})"
        else:
            billing = "Subscription" if subscription_type == "Subscription" else "Pay-As-You-Go"
            name = f"{self.english} ({billing})"
        return {
            "ProductCode": self.code,
            "ProductType": self.product_type,
            "ProductName": name,
            "SubscriptionType": subscription_type,
        }


def _product(
    code: str, names: tuple[str, str], price: str, prefix: str, config: str, *, kind: str = ""
) -> Product:
    return Product(code, kind or code, *names, Decimal(price), prefix, config)


_VM = "InstanceType:[InstanceType:ecs.g7.xlarge;Region:cn-hangzhou;]SystemDisk:[Size:40;]"
_DB = "DBInstanceClass:[DBInstanceClass:rds.mysql.s1.small;EngineVersion:8.0;]"
_NONE = ""

PRODUCTS = (
    _product("ecs", ("云服务器ECS", "Elastic Compute Service"), "613.20", "i-bp1", _VM),
    _product("yundisk", ("块存储", "Block Storage"), "30.60", "d-bp1", "disk:[size:100;]"),
    _product("rds", ("云数据库RDS版", "ApsaraDB RDS"), "204.00", "rm-bp1", _DB),
    _product("kvstore", ("云数据库Redis版", "ApsaraDB for Redis"), "155.55", "r-bp1", _NONE),
    _product("dds", ("云数据库MongoDB版", "ApsaraDB for MongoDB"), "447.00", "dds-bp1", _NONE),
    _product("polardb", ("云原生数据库PolarDB", "PolarDB"), "1280.00", "pc-bp1", _NONE),
    _product(
        "slb", ("负载均衡", "Server Load Balancer"), "52.80", "lb-bp1", "spec:[slb.s2.small;]"
    ),
    _product("eip", ("弹性公网IP", "Elastic IP Address"), "23.00", "eip-bp1", "bandwidth:[5;]"),
    _product("bwp", ("NAT共享带宽包", "Internet Shared Bandwidth"), "8000.00", "cbwp-bp1", _NONE),
    _product("oss", ("对象存储OSS", "Object Storage Service"), "119.00", "oss-", _NONE),
    _product("cdn", ("内容分发网络CDN", "Alibaba Cloud CDN"), "0.15", "cdn-", _NONE, kind="CDN"),
    _product("domain", ("域名", "Domain Names"), "6.67", "S2026", _NONE),
    _product("waf", ("Web应用防火墙", "Web Application Firewall"), "3880.00", "waf-cn-", _NONE),
    _product("ddos", ("DDoS高防", "Anti-DDoS Pro"), "20800.00", "ddoscoo-cn-", _NONE),
    _product("cas", ("SSL证书", "SSL Certificates Service"), "166.67", "cas-", _NONE),
    _product("nas", ("文件存储NAS", "File Storage NAS"), "92.40", "nas-", _NONE),
    _product("alikafka", ("消息队列Kafka版", "ApsaraMQ for Kafka"), "1870.00", "alikafka_", _NONE),
    _product("elasticsearch", ("检索分析服务", "Elasticsearch"), "1099.00", "es-cn-", _NONE),
    _product("odps", ("大数据计算服务", "MaxCompute"), "1500.00", "odps-", _NONE),
    _product("hologram", ("实时数仓Hologres", "Hologres"), "2304.00", "hgpostcn-", _NONE),
    _product("vpn", ("VPN网关", "VPN Gateway"), "375.00", "vpn-bp1", _NONE),
    _product("cen", ("云企业网", "Cloud Enterprise Network"), "700.00", "cenbwp-", _NONE),
    _product("sms", ("短信服务", "Short Message Service"), "45.00", "sms-", _NONE, kind="dysms"),
    _product("swas", ("轻量应用服务器", "Simple Application Server"), "60.00", "swas-", _NONE),
    _product("learn", ("人工智能平台PAI", "Platform for AI"), "9999.99", "pai-", _NONE),
)

BY_CODE = {product.code: product for product in PRODUCTS}


def product_rows(site: str) -> list[dict[str, str]]:
    """The whole product list of a site, in QueryProductList's order."""
    return [
        product.row(site, subscription_type)
        for product in PRODUCTS
        for subscription_type in ("Subscription", "PayAsYouGo")
    ]
