// Judges what a receiver got: reads {"secret", "received": [{"id", "timestamp", "signature", "body"}]} from stdin and
// writes, for each, whether the reference library takes it at the moment that it was sent, and whether it refuses it with
// another body or ten minutes later.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { secret, received } = JSON.parse(readFileSync(0, "utf8"));
const webhook = new Webhook(secret);
const machine = Date.now;

function takes({ id, timestamp, signature, body }, secondsLater) {
  // Notifications of a test are sent at a simulated time.
  Date.now = () => (Number(timestamp) + secondsLater) * 1000;
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
  try {
    return JSON.parse(body).id === webhook.verify(body, headers).id;
  } catch {
    return false;
  } finally {
    Date.now = machine;
  }
}

const verdicts = received.map((one) => ({
  genuine: takes(one, 0),
  altered: takes({ ...one, body: one.body.replace('"data"', '"date"') }, 0),
  renamed: takes({ ...one, id: `${one.id}0` }, 0),
  late: takes(one, 600),
}));
console.log(JSON.stringify(verdicts));
