//! A section about credits in a file that a coding assistant reads (`CLAUDE.md`, `AGENTS.md`).
//!
//! Invariant: nothing outside the marked section is changed, and updating twice changes nothing more.

use super::guide::costs;
use crate::catalogue::file::CatalogueFile;

const BEGIN: &str = "<!-- credit-ledger: begin -->";
const END: &str = "<!-- credit-ledger: end -->";

/// The section itself, between its marks.
#[must_use]
pub fn notes(file: &CatalogueFile, name: &str) -> String {
    format!(
        "{BEGIN}\n## Credit System\n\nThis product is paid by prepaid credits, which credit-ledger keeps. `{name}` says what \
         they buy and `CREDITS.md` how to integrate.\n\n### Credit Costs\n\n{}\n### Integration Points\n\n\
         - Before an expensive operation: reserve with `operation` and `quantities`; a 402 says `required` and `balance`.\n\
         - After it: confirm with what was really used, or cancel.\n\
         - A cheap operation: consume at once. Every POST takes an `Idempotency-Key`.\n\
         - After a change of costs: `credit-ledger price-book publish {name}`.\n{END}\n",
        costs(file)
    )
}

/// The text with the section in the place of the one it had, or at its end.
///
/// # Errors
/// The text has one mark without the other: where the section ends is not known.
pub fn with_notes(text: &str, section: &str) -> Result<String, &'static str> {
    match (text.find(BEGIN), text.find(END)) {
        (Some(begin), Some(end)) if begin < end => {
            let rest = &text[end + END.len()..];
            Ok(format!("{}{section}{}", &text[..begin], rest.strip_prefix('\n').unwrap_or(rest)))
        }
        (None, None) => {
            let gap = match text {
                "" => "",
                text if text.ends_with("\n\n") => "",
                text if text.ends_with('\n') => "\n",
                _ => "\n\n",
            };
            Ok(format!("{text}{gap}{section}"))
        }
        _ => Err("has a mark of the section without the other one: put both where it belongs, or take it away"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipes::Recipe;

    #[test]
    fn only_the_section_changes() {
        let section = |recipe: Recipe| {
            notes(&CatalogueFile::read(&recipe.text().expect("known")).expect("sound"), "credit-ledger.toml")
        };
        let first = section(Recipe::Standard);
        assert!(first.contains("## Credit System") && first.contains("`gpt-4`: 10 credits a request"), "{first}");
        let once = with_notes("# Ours\n\nKeep me.\n", &first).expect("no marks");
        let once = format!("{once}\n## After\n");
        assert_eq!(with_notes(&once, &first).as_ref(), Ok(&once));
        let other = with_notes(&once, &section(Recipe::ApiCalls { tiered: true })).expect("both marks");
        assert!(other.starts_with("# Ours\n\nKeep me.\n") && other.ends_with("\n## After\n"), "{other}");
        assert!(!other.contains("gpt-4") && other.contains("api.call"));
        assert!(with_notes(BEGIN, &first).is_err());
    }
}
