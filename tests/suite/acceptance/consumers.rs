//! Many consumers, not enough credits.

use futures::future::join_all;
use serde_json::json;

use super::driver::{assert_no_gaps, balance, fund};
use crate::support;

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_consumers_share_credits_for_two_hundred() {
    let database = support::database().await;
    let node = support::node::Node::start(&database.url).await;
    let client = node.client();
    fund(&client, &["acme".to_owned()], 200).await;

    let attempts = (0..500).map(|n| {
        let client = client.clone();
        async move {
            let key = format!("spend-{n}");
            loop {
                let answer = client.post("/v1/organizations/acme/consumptions", &key, &json!({"amount": 1})).await;
                let answer = answer.expect("the server answers");
                if answer.status != 503 {
                    return answer;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        }
    });
    let answers = join_all(attempts).await;

    let accepted = answers.iter().filter(|answer| answer.status == 201).count();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 201).collect();
    assert_eq!(accepted, 200);
    assert_eq!(refused.len(), 300);
    for answer in refused {
        assert_eq!(answer.status, 402, "{}", answer.body);
        assert_eq!(answer.body["code"], "insufficient_credits");
        assert_eq!(answer.body["required"], 1);
        assert_eq!(answer.body["available"], 0);
    }
    let figures = balance(&client, "acme").await;
    assert_eq!(figures["balance"], 0);
    assert_eq!(figures["available"], 0);
    assert_no_gaps(&database.pool).await;
}
