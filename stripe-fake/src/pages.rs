//! The pages that a customer sees. Each says in large letters that it is a simulation.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use http::StatusCode;

use crate::error::ApiError;
use crate::form::Params;
use crate::objects::card::TestCard;
use crate::objects::session::{Session, Status};
use crate::server::Shared;
use crate::world::{Next, World};

const FRAME: &str = include_str!("frame.html");

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(index))
        .route("/c/pay/{session}", get(checkout).post(pay))
        .route("/c/confirm/{intent}", get(confirm).post(confirmed))
        .route("/c/receipt/{charge}", get(receipt))
}

/// What no caller may write into a page.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn page(title: &str, content: &str) -> Response {
    Html(FRAME.replace("{title}", &escape(title)).replace("{content}", content)).into_response()
}

fn problem(error: &ApiError) -> Response {
    let message = error.body()["error"]["message"].as_str().unwrap_or_default().to_owned();
    let mut response = page("Not possible", &format!("<p role=\"alert\">{}</p>", escape(&message)));
    *response.status_mut() = error.status;
    response
}

/// An amount as people write it; the simulation knows currencies with two decimals only.
fn money(minor: i64, currency: &str) -> String {
    format!("{}.{:02} {}", minor / 100, minor % 100, currency.to_uppercase())
}

async fn index(State(shared): State<Arc<Shared>>) -> Response {
    shared.with(|world| {
        let mut rows = String::new();
        for session in world.sessions.iter().rev().take(20) {
            let (url, amount) = (escape(&session.url), money(session.amount, &session.currency));
            let _infallible =
                write!(rows, "<li><a href=\"{url}\">{}</a>, {amount}, {:?}</li>", session.id, session.status);
        }
        page("Checkout sessions", &format!("<ul>{rows}</ul>"))
    })
}

async fn checkout(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    shared.with(|world| {
        world.expire_due_sessions();
        match world.sessions.get(&id) {
            Ok(session) => page("Pay", &content(world, session)),
            Err(error) => problem(&error),
        }
    })
}

fn content(world: &World, session: &Session) -> String {
    let mut content = String::new();
    for (price, quantity) in &session.lines {
        let name = world.prices.get(price).and_then(|price| world.products.get(&price.product));
        let name = name.map_or_else(|_| price.clone(), |product| product.name.clone());
        let _infallible = write!(content, "<p>{quantity} × {}</p>", escape(&name));
    }
    let amount = money(session.amount, &session.currency);
    let _infallible = write!(content, "<p class=\"total\" data-testid=\"total\">{amount}</p>");
    if let Some(notice) = &session.notice {
        let _infallible = write!(content, "<p role=\"alert\">{}</p>", escape(notice));
    }
    match session.status {
        Status::Open => content.push_str(&form(session, &amount)),
        Status::Complete => content.push_str("<p>This session is complete.</p>"),
        Status::Expired => content.push_str("<p>This session has expired.</p>"),
    }
    content
}

fn form(session: &Session, amount: &str) -> String {
    let mut cards = String::new();
    for card in TestCard::ALL {
        let checked = if card == TestCard::Succeeds { " checked" } else { "" };
        let (token, number, says) = (card.token(), card.number(), card.says());
        let _infallible = write!(
            cards,
            "<label><input type=\"radio\" name=\"card\" value=\"{token}\"{checked}> <code>{number}</code> {says}</label>"
        );
    }
    let back = session.cancel_url.as_deref().map_or_else(String::new, |url| {
        format!("<p><a href=\"{}\" data-testid=\"back\">Back without paying</a></p>", escape(url))
    });
    format!(
        "<form method=\"post\"><fieldset><legend>Which card?</legend>{cards}</fieldset>\
         <button name=\"action\" value=\"pay\" data-testid=\"pay\">Pay {amount}</button>\
         <button name=\"action\" value=\"expire\" class=\"quiet\" data-testid=\"expire\">Let this session expire</button>\
         </form>{back}"
    )
}

async fn pay(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: String) -> Response {
    let mut params = Params::parse(&body);
    let expires = params.text("action").as_deref() == Some("expire");
    let card = params.text("card").as_deref().map_or(Some(TestCard::Succeeds), TestCard::of_token);
    let Some(card) = card else { return problem(&ApiError::invalid("There is no such test card.")) };
    let next = shared.with(|world| match expires {
        true => world.expire_session(&id).map(|()| Next::Page),
        false => world.pay_session(&id, card),
    });
    shared.wake.notify_one();
    match next {
        Ok(Next::Page) => Redirect::to(&format!("/c/pay/{id}")).into_response(),
        Ok(Next::Confirm(url) | Next::Return(url)) => Redirect::to(&url).into_response(),
        Err(error) => problem(&error),
    }
}

async fn confirm(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    shared.with(|world| match world.intents.get(&id) {
        Ok(intent) => page(
            "Confirm",
            &format!(
                "<p>Your bank asks: is this payment of {} yours?</p><form method=\"post\">\
                 <button name=\"action\" value=\"confirm\" data-testid=\"confirm\">Yes, confirm</button>\
                 <button name=\"action\" value=\"refuse\" class=\"quiet\" data-testid=\"refuse\">No, refuse</button></form>",
                money(intent.amount, &intent.currency)
            ),
        ),
        Err(error) => problem(&error),
    })
}

async fn confirmed(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: String) -> Response {
    let succeeds = Params::parse(&body).text("action").as_deref() == Some("confirm");
    let settled = shared.with(|world| {
        world.settle(&id, succeeds)?;
        Ok::<_, ApiError>(
            world.session_of(&id).map(|session| (session.status, session.url.clone(), session.return_url())),
        )
    });
    shared.wake.notify_one();
    match settled {
        Ok(Some((Status::Complete, _, url))) => Redirect::to(&url).into_response(),
        Ok(Some((Status::Open | Status::Expired, url, _))) => Redirect::to(&url).into_response(),
        Ok(None) => page("Done", if succeeds { "<p>The payment is confirmed.</p>" } else { "<p>It was refused.</p>" }),
        Err(error) => problem(&error),
    }
}

async fn receipt(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    shared.with(|world| match world.charges.get(&id) {
        Ok(charge) => {
            let amount = money(charge.amount - charge.amount_refunded, &charge.currency);
            page("Receipt", &format!("<p>Receipt for {}</p><p class=\"total\">{amount}</p>", escape(&charge.id)))
        }
        Err(error) => {
            let mut response = problem(&error);
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_markup() {
        assert_eq!(money(99_905, "usd"), "999.05 USD");
        assert_eq!(escape("<b>\"&"), "&lt;b&gt;&quot;&amp;");
        assert!(FRAME.contains("SIMULATION"));
    }
}
