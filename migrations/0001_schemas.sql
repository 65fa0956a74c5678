-- Why: each part of the product owns one schema, so that rights are given a schema at a time: the log and its keys are
-- no analyst's business, the read tables and the views over them are.

CREATE SCHEMA store;
COMMENT ON SCHEMA store IS 'The log, which is the only truth, and what the write side needs beside it';

CREATE SCHEMA ledger;
COMMENT ON SCHEMA ledger IS 'Read tables: every row can be recomputed from store.events';

CREATE SCHEMA analytics;
COMMENT ON SCHEMA analytics IS 'Views for people who ask in SQL';

CREATE SCHEMA payments;
COMMENT ON SCHEMA payments IS 'The inbox of payment facts and the processes that act on them';
