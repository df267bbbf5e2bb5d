from tests.papers import pki, stamps_url

__all__ = ["pki", "stamps_url"]
