//! docs/analysts.md says what the database says: every view, column and remark, and what its queries answer.
//! `UPDATE_DOCS=1` writes the answers into the page.

use std::path::{Path, PathBuf};

use crate::support;
use crate::support::node::command;

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/analysts.md")
}

const QUERY: &str = "```sql\n";
const ANSWER: &str = "```text\n";
const END: &str = "```";

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_prints_what_its_queries_answer() {
    let database = support::database().await;
    let wrote = command(&database.url, &["demo-history"]).await;
    assert!(wrote.status.success(), "{}", String::from_utf8_lossy(&wrote.stderr));
    let again = command(&database.url, &["demo-history"]).await;
    assert_eq!(again.status.code(), Some(1), "a ledger that is not empty is given no past");

    let text = std::fs::read_to_string(page()).unwrap();
    let mut fresh = String::new();
    let mut queries = 0;
    let mut rest = text.as_str();
    while let Some((before, from_query)) = rest.split_once(QUERY) {
        let (query, behind) = from_query.split_once(END).expect("a query ends");
        let (between, from_answer) = behind.split_once(ANSWER).expect("a query has an answer");
        let (_, behind) = from_answer.split_once(END).expect("an answer ends");
        let answer = ask(&database.url, query).await;
        fresh.extend([before, QUERY, query, END, between, ANSWER, &answer, END]);
        queries += 1;
        rest = behind;
    }
    fresh.push_str(rest);
    assert_eq!(queries, 10);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(page(), &fresh).unwrap();
    } else {
        assert!(fresh == text, "the guide prints something else: UPDATE_DOCS=1 writes\n{fresh}");
    }
}

/// As a reader of the page would: by psql, as an analyst.
async fn ask(url: &str, query: &str) -> String {
    let arguments =
        ["psql", "--role", "analyst", "--", "-X", "-P", "footer=off", "-c", "SET timezone TO UTC", "-c", query];
    let output = command(url, &arguments).await;
    assert!(output.status.success(), "{query}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| *line != "SET").map(str::trim_end).filter(|line| !line.is_empty());
    lines.map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn the_guide_has_every_view_and_column_with_its_remark() {
    let database = support::database().await;
    let columns: Vec<(String, String, String, String, String)> = sqlx::query_as(
        "SELECT c.oid::regclass::text, obj_description(c.oid, 'pg_class'), a.attname::text,
                replace(format_type(a.atttypid, -1), 'timestamp with time zone', 'timestamptz'),
                col_description(c.oid, a.attnum)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE c.relkind = 'v' AND n.nspname IN ('ledger', 'analytics') AND a.attnum > 0 AND NOT a.attisdropped",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    let text = std::fs::read_to_string(page()).unwrap();
    let written = |remark: &str| remark.replace('<', "&lt;").replace('|', "\\|");
    for (view, about, column, kind, remark) in columns {
        let section = text.split(&format!("### `{view}`\n\n")).nth(1).unwrap_or_else(|| panic!("no section of {view}"));
        let section = section.split("\n## ").next().unwrap().split("\n### ").next().unwrap();
        assert!(section.starts_with(&format!("{}.\n", written(&about))), "{view}: {about}");
        let line = format!("| `{column}` | {kind} | {} |\n", written(&remark));
        assert!(format!("{section}\n").contains(&line), "{view} has no line {line}");
    }
}
