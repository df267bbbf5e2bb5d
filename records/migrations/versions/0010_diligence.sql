-- Diligence: claims, conditions, overrides, blocking and suspicion reports.
SELECT 1;
