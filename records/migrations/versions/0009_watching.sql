-- Watching: sources of lists, the reverse index, anomalies and holds.
SELECT 1;
