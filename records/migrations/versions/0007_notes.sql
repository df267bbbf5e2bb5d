-- A note that belongs to something the story refused is taken back.
GRANT DELETE ON notes TO aboard_app;
