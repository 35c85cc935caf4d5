//! The source of a response header's value.

/// The right side of a `ResponseParameters` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// `'text'`, without its quotes.
    Static(String),
    /// `context.name`.
    Context(String),
}

impl Mapping {
    /// Reads an expression; `None` if it has none of the forms above.
    pub(super) fn parse(expression: &str) -> Option<Self> {
        // Only the outermost quotes delimit: a Content-Security-Policy has quotes inside.
        if let Some(text) = expression
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''))
        {
            return Some(Self::Static(text.to_owned()));
        }
        let name = expression.strip_prefix("context.")?;
        Some(Self::Context(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_outermost_quotes_go() {
        assert_eq!(
            Mapping::parse("'default-src 'self'; img-src 'none''"),
            Some(Mapping::Static(
                "default-src 'self'; img-src 'none'".to_owned()
            ))
        );
        assert_eq!(
            Mapping::parse("context.requestId"),
            Some(Mapping::Context("requestId".into()))
        );
        for other in ["*", "method.request.header.Accept", "stageVariables.colour"] {
            assert_eq!(Mapping::parse(other), None, "{other}");
        }
    }
}
