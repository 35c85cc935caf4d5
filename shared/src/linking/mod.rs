//! Linking an app to an account: OAuth 2.0 with an authorization code (RFC 6749, RFC 7636).
//!
//! An app is registered in an organization as a [`Client`]. A user of the organization says yes on
//! a page; the app is given an [`AuthorizationCode`], good once and for some minutes, and gets
//! tokens for it, which speak for the user as far as their [`TokenScopes`] go.

mod client;
mod code;
mod scopes;

pub use client::{Client, ClientId, ENDED, NewClient, RedirectUri, SecretHash};
pub use code::{AuthorizationCode, Challenge, CodeHash, CodeText, FAMILY, Link};
pub use scopes::{TokenScope, TokenScopes, needs};
