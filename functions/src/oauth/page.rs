//! Pages for people: HTML without a script, under a policy that allows what they have and nothing
//! else.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_SECURITY_POLICY, HeaderValue, LOCATION};
use http::{HeaderName, StatusCode};
use latchkey::error::{Error, Result};
use latchkey::wire::Response;
use ring::digest::{SHA256, digest};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:28rem;margin:3rem auto;\
    padding:0 1rem;color:#1a1a1a;background:#fff}h1{font-size:1.4rem}label{display:block;\
    margin:1.5rem 0 .5rem}input{font:inherit;width:100%;box-sizing:border-box;padding:.6rem;\
    border:1px solid #767676;border-radius:.3rem}button{font:inherit;padding:.6rem 1.2rem;\
    margin:1.2rem .6rem 0 0;border:1px solid #1a1a1a;border-radius:.3rem;background:#fff;\
    cursor:pointer}button.yes{background:#1a1a1a;color:#fff}.fault{border-left:.3rem solid \
    #b00020;padding-left:.8rem}@media(prefers-color-scheme:dark){body{color:#eee;background:#111}\
    input,button{color:#eee;background:#222;border-color:#888}button.yes{background:#eee;\
    color:#111}}";

/// A text as HTML shows it, in an element and in the quotes of an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A page. Its forms may be sent to this deployment, and lead to `leads_to` from there.
pub(super) fn page(status: StatusCode, title: &str, body: &str, leads_to: &str) -> Response {
    let title = escaped(title);
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>\n"
    );
    let style = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self' {leads_to}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    let response = Response::text(status, "text/html; charset=utf-8", html).no_store();
    with(response, CONTENT_SECURITY_POLICY, &policy)
}

fn with(mut response: Response, name: HeaderName, value: &str) -> Response {
    // What cannot stand in a header is left out: the policy of every response is stricter.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// Sends the browser to another address.
pub(super) fn redirect(address: &str) -> Result<Response> {
    let location = HeaderValue::from_str(address);
    let location = location.map_err(|error| Error::Internal(error.to_string()))?;
    let mut response = Response::empty(StatusCode::SEE_OTHER).no_store();
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// What a page says in place of what was asked for.
pub(super) fn fault(error: &Error) -> Response {
    let text = match error {
        Error::OAuth(refusal) => refusal.to_string(),
        error => error.message(),
    };
    let status = error.status();
    page(status, "This did not work", &paragraph(&text), "")
}

/// A paragraph of text.
pub(super) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escaped(text))
}

/// Fields of a form that are sent along and not shown.
pub(super) fn hidden<'f>(fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> String {
    fields
        .into_iter()
        .fold(String::new(), |mut html, (name, value)| {
            let (name, value) = (escaped(name), escaped(value));
            // A text takes whatever is written to it.
            let _ = write!(
                html,
                "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"
            );
            html
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_is_text_in_a_page() {
        let evil = "\"><script>alert('1')</script>&";
        let html = hidden([("state", evil)]) + &paragraph(evil);
        let response = page(StatusCode::OK, evil, &html, "https://example.com");
        assert!(!response.body().contains("<script"), "{}", response.body());
        assert!(response.body().contains("&quot;&gt;&lt;script&gt;"));
        let policy = response.headers()[CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap();
        assert!(
            policy.contains("form-action 'self' https://example.com;"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe") && policy.starts_with("default-src 'none'"));
    }
}
