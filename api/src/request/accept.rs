//! Which of the forms that an answer has the caller wants (`Accept`).

use http::HeaderMap;
use http::header::ACCEPT;

/// The form that the caller likes best; the default where it does not say, or wants none of them: an answer in another
/// form helps more than none.
#[must_use]
pub fn preferred<T: Copy>(headers: &HeaderMap, default: (&str, T), others: &[(&str, T)]) -> T {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<(&str, u16)> = values.flat_map(|value| value.split(',')).map(range).collect();
    let quality = |media: &str| {
        let fits = |(range, _): &&(&str, u16)| matches(range, media);
        // The most particular range that fits decides.
        ranges.iter().filter(fits).max_by_key(|(range, _)| range.len()).map_or(0, |(_, quality)| *quality)
    };
    let best = |best: (T, u16), (media, form): &(&str, T)| {
        let quality = quality(media);
        if quality > best.1 { (*form, quality) } else { best }
    };
    others.iter().fold((default.1, quality(default.0)), best).0
}

/// A media range and its quality in thousandths.
fn range(text: &str) -> (&str, u16) {
    let mut parts = text.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(1000, thousandths);
    (media, quality)
}

fn thousandths(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction:0<3}");
    digits.get(..whole.len() + 3).and_then(|digits| digits.parse().ok()).unwrap_or(0).min(1000)
}

fn matches(range: &str, media: &str) -> bool {
    let kind = |prefix: &str| media.split('/').next().is_some_and(|kind| kind.eq_ignore_ascii_case(prefix));
    range.eq_ignore_ascii_case(media) || range == "*/*" || range.strip_suffix("/*").is_some_and(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_the_one_that_the_caller_likes_best() {
        let json = ("application/json", "json");
        let others = [("application/x-ndjson", "lines"), ("text/event-stream", "stream")];
        let table = [
            ("", "json"),
            ("*/*", "json"),
            ("text/event-stream", "stream"),
            ("Application/X-NDJSON", "lines"),
            ("text/html, application/*;q=0.9", "json"),
            ("application/json;q=0.5, application/x-ndjson;q=0.501", "lines"),
            ("application/x-ndjson, application/json", "json"),
            ("*/*, application/json;q=0.1", "lines"),
            ("text/event-stream;q=0", "json"),
            ("image/png", "json"),
            ("text/*;q=huge, application/x-ndjson;q=0.1", "lines"),
        ];
        for (header, expected) in table {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, header.parse().expect("a header"));
            assert_eq!(preferred(&headers, json, &others), expected, "{header}");
        }
        assert_eq!(preferred(&HeaderMap::new(), json, &others), "json");
    }
}
