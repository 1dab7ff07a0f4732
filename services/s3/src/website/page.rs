//! Errors as browsers see them: a page that lists what S3 says of the error.

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use wire::{Answer, Fault};

/// The page of an error; `other` is why there is no error document instead.
pub(super) fn of_fault(fault: &Fault, other: Option<&Fault>, request_id: &str) -> Answer {
    let reason = StatusCode::from_u16(fault.status).ok().and_then(|status| status.canonical_reason());
    let title = format!("{} {}", fault.status, reason.unwrap_or_default());
    let mut body = format!("<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>\n");
    list(&mut body, fault, Some(request_id));
    if let Some(other) = other {
        body.push_str("<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n");
        list(&mut body, other, None);
    }
    body.push_str("<hr/>\n</body>\n</html>\n");
    let mut answer = Answer::text(fault.status, "text/html; charset=utf-8", body);
    say_in_headers(fault, &mut answer.headers);
    answer
}

/// Says the same in headers, for whoever gets no page.
pub(super) fn say_in_headers(fault: &Fault, headers: &mut HeaderMap) {
    let mut say = |name: &str, text: &str| {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(text)) {
            headers.insert(name, value);
        }
    };
    say("x-amz-error-code", &fault.code);
    say("x-amz-error-message", &fault.message);
    let Some(beside) = &fault.beside else { return };
    for (name, text) in &beside.elements {
        say(&format!("x-amz-error-detail-{}", name.to_ascii_lowercase()), text);
    }
    beside.headers.iter().for_each(|(name, text)| say(name, text));
}

fn list(body: &mut String, fault: &Fault, request_id: Option<&str>) {
    let elements = fault.beside.iter().flat_map(|beside| &beside.elements);
    let elements = elements.map(|(name, text)| (*name, text.as_str()));
    let known = [("Code", &*fault.code), ("Message", fault.message.as_str())].into_iter().chain(elements);
    body.push_str("<ul>\n");
    for (name, text) in known.chain(request_id.map(|id| ("RequestId", id))) {
        let _ = writeln!(body, "<li>{name}: {}</li>", escape(text));
    }
    body.push_str("</ul>\n");
}

/// What visitors wrote must not become a part of the page.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_lists_the_error_and_takes_no_markup() {
        let fault = Fault::new("NoSuchKey", 404, "No.").with_element("Key", "<script>\"&'");
        let answer = of_fault(&fault, Some(&fault), "r");
        let page = String::from_utf8(answer.body.into_whole().unwrap().to_vec()).unwrap();
        assert!(page.starts_with("<html>\n<head><title>404 Not Found</title></head>"));
        assert!(page.contains(
            "<li>Code: NoSuchKey</li>\n<li>Message: No.</li>\n<li>Key: &lt;script&gt;&quot;&amp;&#39;</li>"
        ));
        assert_eq!((page.matches("<ul>").count(), page.matches("RequestId").count()), (2, 1));
        assert_eq!(answer.headers["x-amz-error-detail-key"], "<script>\"&'");
    }
}
