-- What decisions rested on, policies in force, allowances.
SELECT 1;
