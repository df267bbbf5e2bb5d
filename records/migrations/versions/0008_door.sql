-- A request that failed half-way may be made again by whoever repeats it: nobody holds it, and it was tried before.
ALTER TABLE idempotency ALTER COLUMN claimed DROP NOT NULL;
ALTER TABLE idempotency ADD COLUMN attempts BIGINT DEFAULT 1 NOT NULL;
