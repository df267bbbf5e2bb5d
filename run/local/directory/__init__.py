"""The demo's own SCIM 2.0 directory; in production the customer's identity provider stands in its place."""
