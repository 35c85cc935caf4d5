//! Region and credentials for the store, and the clients that use them.

use std::net::IpAddr;

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{ProvideCredentials, Region};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

use crate::lambda::Credentials;

/// The region when nobody says another.
const REGION: &str = "us-east-1";

/// Region and credentials for the store.
pub(crate) struct Account {
    pub(crate) region: String,
    pub(crate) credentials: Credentials,
}

impl Account {
    /// The embedded store and any other on this machine take whatever credentials they are
    /// sent; one elsewhere is asked with what the AWS tools would find.
    pub(crate) async fn of(endpoint_url: Option<&str>) -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
        match endpoint_url {
            Some(url) if !is_loopback(url) => {
                let config = aws_config::defaults(BehaviorVersion::latest())
                    .http_client(https())
                    .load()
                    .await;
                let credentials = match config.credentials_provider() {
                    None => None,
                    Some(provider) => provider.provide_credentials().await.ok(),
                };
                Self {
                    region: config
                        .region()
                        .map(|region| region.as_ref().to_owned())
                        .or(region)
                        .unwrap_or_else(|| REGION.to_owned()),
                    credentials: credentials.map_or_else(Credentials::dummy, |found| Credentials {
                        access_key_id: found.access_key_id().to_owned(),
                        secret_access_key: found.secret_access_key().to_owned(),
                        session_token: found.session_token().map(str::to_owned),
                    }),
                }
            }
            // The embedded store ignores the shell's AWS settings.
            elsewhere => Self {
                region: elsewhere.and(region).unwrap_or_else(|| REGION.to_owned()),
                credentials: match (
                    elsewhere.and_then(|_| variable("AWS_ACCESS_KEY_ID")),
                    variable("AWS_SECRET_ACCESS_KEY"),
                ) {
                    (Some(access_key_id), Some(secret_access_key)) => Credentials {
                        access_key_id,
                        secret_access_key,
                        session_token: variable("AWS_SESSION_TOKEN"),
                    },
                    _ => Credentials::dummy(),
                },
            },
        }
    }

    pub(crate) fn client(&self, url: &str) -> Client {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.provided())
            .endpoint_url(url)
            .http_client(https())
            .build();
        Client::from_conf(config)
    }

    /// The same for the table's stream. A failed call is repeated when it is due anyway.
    pub(crate) fn streams_client(&self, url: &str) -> aws_sdk_dynamodbstreams::Client {
        let config = aws_sdk_dynamodbstreams::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.provided())
            .endpoint_url(url)
            .http_client(https())
            .retry_config(RetryConfig::disabled())
            .build();
        aws_sdk_dynamodbstreams::Client::from_conf(config)
    }

    fn provided(&self) -> aws_sdk_dynamodb::config::Credentials {
        aws_sdk_dynamodb::config::Credentials::new(
            &self.credentials.access_key_id,
            &self.credentials.secret_access_key,
            self.credentials.session_token.clone(),
            None,
            "local",
        )
    }
}

fn https() -> aws_sdk_dynamodb::config::SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

/// Whether an endpoint is on this machine.
pub(crate) fn is_loopback(url: &str) -> bool {
    let authority = url.split("://").nth(1).unwrap_or(url);
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}
