-- The door: who was let in once is not let in twice.
SELECT 1;
