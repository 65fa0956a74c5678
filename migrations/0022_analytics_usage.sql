-- Why: the questions that are asked of every ledger, answered once: how fast credits go and how long they last, what was
-- used by whom. Time is measured from the latest event in the read tables, never from the clock: the same data gives the
-- same answer, on a copy as on the original. Days and months are UTC.

CREATE VIEW analytics.as_of AS
    SELECT max(o.updated_at) AS at FROM ledger.organization_credits o;

COMMENT ON VIEW analytics.as_of IS 'One row: the moment that all views of this schema measure from';
COMMENT ON COLUMN analytics.as_of.at IS 'Time of the latest event in the read tables';

-- LATERAL: the usage of one organization is one range of the table's key.
CREATE VIEW analytics.burn_rate AS
    SELECT o.organization_id, o.balance, o.available, a.at AS as_of,
           u.used_1d, u.used_7d, u.used_30d,
           round(u.used_7d / 7.0, 2) AS daily_burn,
           CASE WHEN u.used_7d > 0 THEN trunc(greatest(o.balance, 0) * 7.0 / u.used_7d, 1) END AS runway_days,
           CASE WHEN u.used_7d > 0 AND o.balance * 7.0 / u.used_7d <= 36500
               THEN a.at + trunc(greatest(o.balance, 0) * 7.0 * 24 / u.used_7d)::int8 * interval '1 hour'
           END AS runs_out_at
    FROM ledger.organization_credits o
    CROSS JOIN analytics.as_of a
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(h.credits) FILTER (WHERE h.hour > a.at - interval '1 day'), 0) AS used_1d,
               coalesce(sum(h.credits) FILTER (WHERE h.hour > a.at - interval '7 days'), 0) AS used_7d,
               coalesce(sum(h.credits), 0) AS used_30d
        FROM ledger.usage_hourly h
        WHERE h.partition = o.partition AND h.organization_id = o.organization_id
          AND h.hour > a.at - interval '30 days'
    ) u;

COMMENT ON VIEW analytics.burn_rate IS
    'One row an organization: how fast it uses credits, and how long they last at the pace of the last seven days';
COMMENT ON COLUMN analytics.burn_rate.organization_id IS 'The organization';
COMMENT ON COLUMN analytics.burn_rate.balance IS 'Its balance';
COMMENT ON COLUMN analytics.burn_rate.available IS 'What it could spend at once, overdraft included';
COMMENT ON COLUMN analytics.burn_rate.as_of IS 'The moment that is measured from';
COMMENT ON COLUMN analytics.burn_rate.used_1d IS 'Credits used in hours that began in the last day';
COMMENT ON COLUMN analytics.burn_rate.used_7d IS 'Credits used in hours that began in the last seven days';
COMMENT ON COLUMN analytics.burn_rate.used_30d IS 'Credits used in hours that began in the last thirty days';
COMMENT ON COLUMN analytics.burn_rate.daily_burn IS 'used_7d / 7, rounded to two places';
COMMENT ON COLUMN analytics.burn_rate.runway_days IS
    'Days that the balance lasts, cut to one place; 0 where there is none, NULL where nothing was used in seven days';
COMMENT ON COLUMN analytics.burn_rate.runs_out_at IS 'as_of and the runway, cut to the hour; NULL where there is no runway, or one of more than a hundred years';

CREATE VIEW analytics.daily_usage AS
    SELECT (h.hour AT TIME ZONE 'UTC')::date AS day, h.organization_id, h.operation, h.subject,
           sum(h.count) AS consumptions, sum(h.credits) AS credits, sum(h.shortfall) AS shortfall
    FROM ledger.usage_hourly h
    GROUP BY 1, h.organization_id, h.operation, h.subject;

COMMENT ON VIEW analytics.daily_usage IS
    'One row a day x organization x operation x subject: consumptions and confirmed reservations, refunded ones included';
COMMENT ON COLUMN analytics.daily_usage.day IS 'The day (UTC)';
COMMENT ON COLUMN analytics.daily_usage.organization_id IS 'The organization';
COMMENT ON COLUMN analytics.daily_usage.operation IS 'What was done; NULL: not given';
COMMENT ON COLUMN analytics.daily_usage.subject IS 'Who used it; NULL: not given';
COMMENT ON COLUMN analytics.daily_usage.consumptions IS 'How many';
COMMENT ON COLUMN analytics.daily_usage.credits IS 'Credits that they cost';
COMMENT ON COLUMN analytics.daily_usage.shortfall IS 'Credits of work that nothing paid for';

CREATE VIEW analytics.daily_quantities AS
    SELECT (h.hour AT TIME ZONE 'UTC')::date AS day, h.organization_id, h.operation, h.subject, q.unit,
           sum(q.quantity::numeric) AS quantity
    FROM ledger.usage_hourly h CROSS JOIN LATERAL jsonb_each_text(h.quantities) AS q (unit, quantity)
    GROUP BY 1, h.organization_id, h.operation, h.subject, q.unit;

COMMENT ON VIEW analytics.daily_quantities IS
    'One row a day x organization x operation x subject x unit: what the consumptions of daily_usage were made of';
COMMENT ON COLUMN analytics.daily_quantities.day IS 'The day (UTC)';
COMMENT ON COLUMN analytics.daily_quantities.organization_id IS 'The organization';
COMMENT ON COLUMN analytics.daily_quantities.operation IS 'What was done; NULL: not given';
COMMENT ON COLUMN analytics.daily_quantities.subject IS 'Who used it; NULL: not given';
COMMENT ON COLUMN analytics.daily_quantities.unit IS 'The unit, such as input_tokens';
COMMENT ON COLUMN analytics.daily_quantities.quantity IS 'The sum';

CREATE VIEW analytics.top_consumers AS
    SELECT rank() OVER (ORDER BY u.credits DESC) AS rank, u.organization_id, u.consumptions, u.credits,
           round(100.0 * u.credits / nullif(sum(u.credits) OVER (), 0), 2) AS share_percent
    FROM (
        SELECT h.organization_id, sum(h.count) AS consumptions, sum(h.credits) AS credits
        FROM ledger.usage_hourly h CROSS JOIN analytics.as_of a
        WHERE h.hour > a.at - interval '30 days'
        GROUP BY h.organization_id
    ) u;

COMMENT ON VIEW analytics.top_consumers IS
    'One row an organization that used something in the last thirty days, ranked by credits';
COMMENT ON COLUMN analytics.top_consumers.rank IS '1: used most; equal ones share a rank';
COMMENT ON COLUMN analytics.top_consumers.organization_id IS 'The organization';
COMMENT ON COLUMN analytics.top_consumers.consumptions IS 'How many consumptions';
COMMENT ON COLUMN analytics.top_consumers.credits IS 'Credits that they cost';
COMMENT ON COLUMN analytics.top_consumers.share_percent IS 'Its share of the credits of all, rounded to two places';
