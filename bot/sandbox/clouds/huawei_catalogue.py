"""What the embedded Huawei Cloud sells: service types, resource types, and their names.

Codes and names are the vendor's where it publishes them; the real list is much longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Language = Literal["zh_CN", "en_US"]

CHINESE: Language = "zh_CN"
ENGLISH: Language = "en_US"


@dataclass(frozen=True, slots=True)
class Name:
    chinese: str
    english: str

    def in_language(self, language: Language) -> str:
        return self.english if language == ENGLISH else self.chinese


@dataclass(frozen=True, slots=True)
class ServiceType:
    code: str
    name: Name
    abbreviation: str | None

    def wire(self, language: Language) -> dict[str, Any]:
        return {
            "service_type_name": self.name.in_language(language),
            "service_type_code": self.code,
            "abbreviation": self.abbreviation,
        }


@dataclass(frozen=True, slots=True)
class ResourceType:
    code: str
    service_code: str
    name: Name

    def wire(self, language: Language) -> dict[str, Any]:
        """A row of ListResourceTypes."""
        name = self.name.in_language(language)
        return {
            "resource_type_code": self.code,
            "resource_type_name": name,
            "resource_type_desc": name,
            "service_type_code": self.service_code,
        }

    def wire_of_service(self, language: Language) -> dict[str, Any]:
        """A row of ListServiceResources."""
        name = self.name.in_language(language)
        return {
            "basic_info": {
                "resource_type_code": self.code,
                "product_owner_service": self.service_code,
                "name": name,
                "description": name,
            }
        }


def _service(code: str, chinese: str, english: str, abbreviation: str | None) -> ServiceType:
    return ServiceType(f"hws.service.type.{code}", Name(chinese, english), abbreviation)


def _resource(code: str, service: str, chinese: str, english: str) -> ResourceType:
    name = Name(chinese, english)
    return ResourceType(f"hws.resource.type.{code}", f"hws.service.type.{service}", name)


SERVICE_TYPES = (
    _service("ec2", "弹性云服务器", "Elastic Cloud Server", "ECS"),
    _service("ebs", "云硬盘", "Elastic Volume Service", "EVS"),
    _service("obs", "对象存储服务", "Object Storage Service", "OBS"),
    _service("vpc", "虚拟私有云", "Virtual Private Cloud", "VPC"),
    _service("cdn", "内容分发网络", "Content Delivery Network", "CDN"),
    _service("workplace", "华为云WeLink", "WeLink", "WeLink"),
    _service("offline", "线下服务", "Offline Service", None),
    _service("rds", "云数据库 RDS", "Relational Database Service", "RDS"),
    _service("dcs", "分布式缓存服务", "Distributed Cache Service", "DCS"),
    _service("dds", "文档数据库服务", "Document Database Service", "DDS"),
    _service("bms", "裸金属服务器", "Bare Metal Server", "BMS"),
    _service("deh", "专属主机", "Dedicated Host", "DeH"),
    _service("elb", "弹性负载均衡", "Elastic Load Balance", "ELB"),
    _service("natgateway", "NAT网关", "NAT Gateway", "NAT"),
    _service("vpn", "虚拟专用网络", "Virtual Private Network", "VPN"),
    _service("waf", "Web应用防火墙", "Web Application Firewall", "WAF"),
    _service("cbr", "云备份", "Cloud Backup and Recovery", "CBR"),
    _service("sfs", "弹性文件服务", "Scalable File Service", "SFS"),
    _service("cce", "云容器引擎", "Cloud Container Engine", "CCE"),
    _service("dms", "分布式消息服务", "Distributed Message Service", "DMS"),
)
RESOURCE_TYPES = (
    _resource("vm", "ec2", "云主机", "Cloud Server"),
    _resource("volume", "ebs", "硬盘", "Disk"),
    _resource("obs", "obs", "对象存储", "Object Storage"),
    _resource("bandwidth", "vpc", "带宽", "Bandwidth"),
    _resource("ip", "vpc", "弹性公网IP", "Elastic IP"),
    _resource("rds.vm", "rds", "云数据库实例", "Database Instance"),
    _resource("rds.volume", "rds", "云数据库磁盘", "Database Disk"),
    _resource("dcs3", "dcs", "缓存实例", "Cache Instance"),
    _resource("pm", "bms", "物理机", "Physical Server"),
    _resource("waf", "waf", "云模式WAF", "Cloud WAF"),
)
SERVICE_NAMES = {service.code: service.name for service in SERVICE_TYPES}
RESOURCE_NAMES = {resource.code: resource.name for resource in RESOURCE_TYPES}


@dataclass(frozen=True, slots=True)
class Product:
    """One thing the generated orders buy; *cents* is its list price per month in minor units."""

    service_code: str
    resource_code: str
    category_code: str
    product_id: str
    spec: Name
    spec_code: str
    cents: int


def _product(
    resource: ResourceType, category: str, number: int, spec: Name, *, spec_code: str, cents: int
) -> Product:
    return Product(
        service_code=resource.service_code,
        resource_code=resource.code,
        category_code=f"hws.resource.{category}",
        product_id=f"00301-{number}-0--0",
        spec=spec,
        spec_code=spec_code,
        cents=cents,
    )


_VM, _VOLUME, _BANDWIDTH, _DATABASE, _CACHE, _SERVER = (
    RESOURCE_TYPES[index] for index in (0, 1, 3, 5, 7, 8)
)
PRODUCTS = (
    _product(
        _VM,
        "computing.ecs",
        256123,
        Name(
            "通用计算增强型|c6.large.2|2vCPUs|4GB|linux",
            "General computing-plus|c6.large.2|2vCPUs|4GB|linux",
        ),
        spec_code="c6.large.2.linux",
        cents=20000,
    ),
    _product(
        _VM,
        "computing.ecs",
        256200,
        Name(
            "通用计算增强型|c6.xlarge.2|4vCPUs|8GB|linux",
            "General computing-plus|c6.xlarge.2|4vCPUs|8GB|linux",
        ),
        spec_code="c6.xlarge.2.linux",
        cents=40037,
    ),
    _product(
        _VOLUME,
        "storage1.evs",
        256124,
        Name("通用型SSD|40.0GB", "General Purpose SSD|40.0GB"),
        spec_code="GPSSD",
        cents=4000,
    ),
    _product(
        _BANDWIDTH,
        "network.bandwidth",
        256125,
        Name("全动态BGP|5Mbit/s", "Dynamic BGP|5Mbit/s"),
        spec_code="19_bgp",
        cents=11500,
    ),
    _product(
        _DATABASE,
        "database.rds",
        256310,
        Name("MySQL|8.0|主备|4vCPUs|16GB", "MySQL|8.0|Primary/Standby|4vCPUs|16GB"),
        spec_code="rds.mysql.x1.xlarge.4.ha",
        cents=158299,
    ),
    _product(
        _CACHE,
        "database.dcs",
        256420,
        Name("Redis|5.0|主备|8GB", "Redis|5.0|Master/Standby|8GB"),
        spec_code="redis.ha.xu1.large.r2.8",
        cents=68000,
    ),
    _product(
        _SERVER,
        "computing.bms",
        256550,
        Name("裸金属|physical.s4.2xlarge|64核|512GB", "Bare metal|physical.s4.2xlarge|64C|512GB"),
        spec_code="physical.s4.2xlarge",
        cents=1248000,
    ),
)
SPEC_NAMES = {product.spec.chinese: product.spec for product in PRODUCTS}
