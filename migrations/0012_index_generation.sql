-- Why: a rebuilt table is indexed after it has been filled. What is missing is found by comparing with the live table, so
-- that a rebuild that was killed in between goes on where it was.

-- The indexes of ledger.<view>_v<live> that ledger.<view>_v<next> does not have yet, each as the statement that makes it.
CREATE FUNCTION ledger.missing_indexes(view text, live int, next int) RETURNS SETOF text
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT format(
               'CREATE %sINDEX %I ON ledger.%I%s',
               CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END,
               ledger.name_in_generation(c.relname, live, next),
               view || '_v' || next,
               -- The definition from its method on: what comes before are the names of the index and the table.
               substr(d.definition, strpos(d.definition, ' USING '))
           )
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    CROSS JOIN LATERAL pg_get_indexdef(i.indexrelid) AS d (definition)
    WHERE i.indrelid = format('ledger.%I', view || '_v' || live)::regclass
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
      AND to_regclass(format('ledger.%I', ledger.name_in_generation(c.relname, live, next))) IS NULL
    ORDER BY c.relname;
END;

REVOKE EXECUTE ON FUNCTION ledger.missing_indexes FROM PUBLIC;
