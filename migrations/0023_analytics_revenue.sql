-- Why: prepaid credits are owed until they are used. What was paid for them is revenue when they are used, or when they
-- end unused (breakage); until then it is deferred. Each grant's cost basis says what a credit cost.
--
-- Rounding: values are whole minor units. Of every line of grants (a purchase and what came back of it) the value of
-- all that was used so far is rounded down once, and a month has the difference to the month before; likewise of used and
-- ended together, and so on. So nothing is lost or counted twice: over the life of a purchase the parts add up to its
-- price to the last minor unit.

CREATE FUNCTION analytics.value_minor(credits numeric, cost_minor bigint, cost_credits bigint) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN div(credits * cost_minor, cost_credits::numeric)
        - CASE WHEN mod(credits * cost_minor, cost_credits::numeric) < 0 THEN 1 ELSE 0 END;

COMMENT ON FUNCTION analytics.value_minor IS
    'What credits are worth at a cost basis, rounded down to whole minor units';

-- Credits that came back as a grant of their own were not sold again: a refund's are used no longer, a reinstatement's
-- no longer revoked. Credits that moved into an equal grant of another line take their value there.
CREATE VIEW analytics.revenue_by_organization AS
    WITH moved AS (
        SELECT m.organization_id, coalesce(g.origin_grant_id, g.grant_id) AS line, m.month, g.currency, g.cost_minor,
               g.cost_credits,
               sum(CASE WHEN g.cause IN ('refund', 'reinstatement') THEN 0 ELSE m.added END - m.merged) AS sold,
               sum(m.used - CASE g.cause WHEN 'refund' THEN m.added ELSE 0 END) AS used,
               sum(m.expired + m.voided) AS ended,
               sum(m.revoked - CASE g.cause WHEN 'reinstatement' THEN m.added ELSE 0 END) AS revoked
        FROM ledger.credit_grants_monthly m
        JOIN ledger.credit_grants g USING (partition, organization_id, grant_id)
        GROUP BY 1, 2, 3, 4, 5, 6
    ), so_far AS (
        SELECT m.organization_id, m.line, m.month, m.currency, m.cost_minor, m.cost_credits,
               sum(m.sold) OVER line AS sold, sum(m.used) OVER line AS used,
               sum(m.used + m.ended) OVER line AS used_or_ended,
               sum(m.used + m.ended + m.revoked) OVER line AS gone
        FROM moved m
        WINDOW line AS (PARTITION BY m.organization_id, m.line ORDER BY m.month)
    ), valued AS (
        SELECT s.organization_id, s.line, s.month, s.currency,
               analytics.value_minor(s.sold, s.cost_minor, s.cost_credits) AS sold,
               analytics.value_minor(s.used, s.cost_minor, s.cost_credits) AS used,
               analytics.value_minor(s.used_or_ended, s.cost_minor, s.cost_credits) AS used_or_ended,
               analytics.value_minor(s.gone, s.cost_minor, s.cost_credits) AS gone
        FROM so_far s
    ), step AS (
        SELECT v.organization_id, v.month, v.currency,
               v.sold - lag(v.sold, 1, 0::numeric) OVER line AS sold,
               v.used - lag(v.used, 1, 0::numeric) OVER line AS used,
               v.used_or_ended - lag(v.used_or_ended, 1, 0::numeric) OVER line AS used_or_ended,
               v.gone - lag(v.gone, 1, 0::numeric) OVER line AS gone
        FROM valued v
        WINDOW line AS (PARTITION BY v.organization_id, v.line ORDER BY v.month)
    )
    SELECT s.month, s.organization_id, s.currency,
           sum(s.sold) AS sold_minor,
           sum(s.used) AS recognized_minor,
           sum(s.used_or_ended - s.used) AS breakage_minor,
           sum(s.gone - s.used_or_ended) AS revoked_minor,
           sum(sum(s.sold - s.gone)) OVER (PARTITION BY s.organization_id, s.currency ORDER BY s.month)
               AS deferred_minor
    FROM step s
    GROUP BY s.month, s.organization_id, s.currency;

COMMENT ON VIEW analytics.revenue_by_organization IS
    'One row a month x organization x currency in which credits with a cost basis moved; amounts in the currency''s smallest unit';
COMMENT ON COLUMN analytics.revenue_by_organization.month IS 'First day of the month (UTC)';
COMMENT ON COLUMN analytics.revenue_by_organization.organization_id IS 'The organization';
COMMENT ON COLUMN analytics.revenue_by_organization.currency IS 'ISO 4217 code';
COMMENT ON COLUMN analytics.revenue_by_organization.sold_minor IS 'Price of the credits that were bought';
COMMENT ON COLUMN analytics.revenue_by_organization.recognized_minor IS
    'Value of the credits that were used, less that of refunded consumptions; below zero in a month that gave back more';
COMMENT ON COLUMN analytics.revenue_by_organization.breakage_minor IS
    'Value of the credits that ended unused, expired or voided: revenue, too, where the law lets it be';
COMMENT ON COLUMN analytics.revenue_by_organization.revoked_minor IS
    'Value of the credits that went with refunded or disputed purchases, less what was reinstated';
COMMENT ON COLUMN analytics.revenue_by_organization.deferred_minor IS
    'Value of the credits that were still owed at the end of the month: all that was sold until then, less all that was recognized, broken or revoked';

CREATE VIEW analytics.revenue AS
    SELECT r.month, r.currency, sum(r.sold_minor) AS sold_minor, sum(r.recognized_minor) AS recognized_minor,
           sum(r.breakage_minor) AS breakage_minor, sum(r.revoked_minor) AS revoked_minor,
           sum(sum(r.sold_minor - r.recognized_minor - r.breakage_minor - r.revoked_minor))
               OVER (PARTITION BY r.currency ORDER BY r.month) AS deferred_minor
    FROM analytics.revenue_by_organization r
    GROUP BY r.month, r.currency;

COMMENT ON VIEW analytics.revenue IS
    'One row a month x currency: the sums of revenue_by_organization; amounts in the currency''s smallest unit';
COMMENT ON COLUMN analytics.revenue.month IS 'First day of the month (UTC)';
COMMENT ON COLUMN analytics.revenue.currency IS 'ISO 4217 code';
COMMENT ON COLUMN analytics.revenue.sold_minor IS 'Price of the credits that were bought';
COMMENT ON COLUMN analytics.revenue.recognized_minor IS
    'Value of the credits that were used, less that of refunded consumptions';
COMMENT ON COLUMN analytics.revenue.breakage_minor IS 'Value of the credits that ended unused';
COMMENT ON COLUMN analytics.revenue.revoked_minor IS
    'Value of the credits that went with refunded or disputed purchases, less what was reinstated';
COMMENT ON COLUMN analytics.revenue.deferred_minor IS 'Value of the credits that were still owed at the end of the month';

CREATE VIEW analytics.breakage AS
    SELECT date_trunc('month', t.created_at AT TIME ZONE 'UTC')::date AS month, t.organization_id, g.category,
           count(DISTINCT g.grant_id) AS grants, sum(-t.amount) AS credits
    FROM ledger.credit_transactions t
    JOIN ledger.credit_grants g
      ON g.partition = t.partition AND g.organization_id = t.organization_id AND g.grant_id = t.entity_id
    WHERE t.type = 'expiration'
    GROUP BY 1, t.organization_id, g.category;

COMMENT ON VIEW analytics.breakage IS
    'One row a month x organization x category in which credits expired unused; their value is in revenue';
COMMENT ON COLUMN analytics.breakage.month IS 'First day of the month (UTC)';
COMMENT ON COLUMN analytics.breakage.organization_id IS 'The organization';
COMMENT ON COLUMN analytics.breakage.category IS 'paid or promotional';
COMMENT ON COLUMN analytics.breakage.grants IS 'How many grants ended with something left';
COMMENT ON COLUMN analytics.breakage.credits IS 'Credits that expired';
