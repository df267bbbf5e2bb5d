-- Vendors' events, identity checks, adverse media, ownership.
SELECT 1;
