//! The policy that an authorizer returns, and what it says of one request.

use aws_lambda_events::iam::{IamPolicyEffect, IamPolicyStatement};

/// The statements of a policy.
pub(super) struct Policy(Vec<IamPolicyStatement>);

/// The effect of a policy on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Allowed,
    /// A statement denies it, whatever the others say.
    Denied,
    /// No statement applies.
    NotAllowed,
}

impl Policy {
    /// Takes the statements, unless one has a condition: it cannot be judged here.
    pub(super) fn new(statements: Vec<IamPolicyStatement>) -> Result<Self, &'static str> {
        if statements
            .iter()
            .any(|statement| statement.condition.is_some())
        {
            return Err("the local system judges no Condition in an authorizer's policy");
        }
        Ok(Self(statements))
    }

    /// The verdict on invoking the method with this ARN.
    pub(super) fn on(&self, method_arn: &str) -> Verdict {
        let mut verdict = Verdict::NotAllowed;
        for statement in &self.0 {
            let speaks = statement
                .action
                .iter()
                .any(|action| matches(&action.to_ascii_lowercase(), "execute-api:invoke"))
                && statement
                    .resource
                    .iter()
                    .any(|resource| matches(resource, method_arn));
            if speaks {
                match statement.effect {
                    IamPolicyEffect::Deny => return Verdict::Denied,
                    _ => verdict = Verdict::Allowed,
                }
            }
        }
        verdict
    }
}

/// IAM's patterns: `*` is any run of characters, `?` any one.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'?' || Some(&c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                // The last star takes one character more.
                Some((star, from)) => {
                    p = star + 1;
                    t = from + 1;
                    retry = Some((star, t));
                }
                None => return false,
            },
        }
    }
    pattern[p.min(pattern.len())..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:abc/v1/GET/doors/1";

    fn verdict(statements: Value) -> Verdict {
        Policy::new(serde_json::from_value(statements).unwrap())
            .unwrap()
            .on(ARN)
    }

    #[test]
    fn patterns() {
        for (pattern, holds) in [
            (ARN, true),
            ("*", true),
            ("arn:aws:execute-api:*:*:abc/v1/*", true),
            ("arn:aws:execute-api:*:*:abc/*/GET/*/?", true),
            ("arn:aws:execute-api:*:*:abc/v1/POST/*", false),
            (
                "arn:aws:execute-api:us-east-1:123456789012:abc/v1/GET/doors/1?",
                false,
            ),
            ("*/doors/2", false),
            ("", false),
        ] {
            assert_eq!(matches(pattern, ARN), holds, "{pattern}");
        }
    }

    #[test]
    fn a_deny_wins_and_silence_does_not_allow() {
        let allow = json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"});
        let deny = json!({"Effect": "Deny", "Action": "execute-api:*", "Resource": [ARN]});
        let other = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        assert_eq!(verdict(json!([allow])), Verdict::Allowed);
        assert_eq!(verdict(json!([allow, deny])), Verdict::Denied);
        assert_eq!(verdict(json!([deny, allow])), Verdict::Denied);
        assert_eq!(verdict(json!([other])), Verdict::NotAllowed);
        assert_eq!(verdict(json!([])), Verdict::NotAllowed);
    }
}
