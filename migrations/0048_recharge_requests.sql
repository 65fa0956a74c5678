-- Why: whoever charges saved cards looks for new requests several times a second; without an index of their own it would
-- read the whole feed for them.

-- Serves: the requests of a partition behind the last one that is known (payments.recharge_attempts). A few rows a month
-- an organization, so that the writer hardly notices it.
CREATE INDEX events_recharge_requests ON store.events (partition, position) WHERE event_type = 'RechargeRequested';
