-- A client is rated again by its Monitoring: a rating is known by the occasion, not by the round of a review.
ALTER TABLE ratings ADD COLUMN occasion VARCHAR;
UPDATE ratings SET occasion = 'round:' || round;
ALTER TABLE ratings ALTER COLUMN occasion SET NOT NULL;
ALTER TABLE ratings DROP CONSTRAINT uq_ratings_case_id_round;
ALTER TABLE ratings ADD CONSTRAINT uq_ratings_case_id_occasion UNIQUE (case_id, occasion);
