//! `BinaryMediaTypes`: which bodies are not text.

/// A list of media types, each `type/subtype`, `type/*` or `*/*`.
pub(super) struct MediaTypes(Vec<String>);

impl MediaTypes {
    pub(super) fn new(types: Vec<String>) -> Self {
        Self(types)
    }

    /// Whether the media type of a `Content-Type` or the first of an `Accept` is in the list.
    pub(super) fn contains(&self, header: &str) -> bool {
        let media_type = header
            .split([',', ';'])
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        self.0.iter().any(|listed| match listed.strip_suffix("/*") {
            Some("*") => true,
            Some(main) => media_type.split('/').next() == Some(main),
            None => *listed == media_type,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_wildcards() {
        let types = MediaTypes::new(vec!["image/png".to_owned(), "audio/*".to_owned()]);
        assert!(types.contains("IMAGE/png; q=1, text/html"));
        assert!(types.contains("audio/ogg"));
        assert!(!types.contains("text/html, image/png"));
        assert!(!types.contains("*/*"));
        assert!(MediaTypes::new(vec!["*/*".to_owned()]).contains("text/html"));
    }
}
