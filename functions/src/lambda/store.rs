//! The table as a function reaches it, and what else the environment says.
//!
//! A cold start is what a user waits for, so the client is made by hand, without the
//! chain of providers that looks for credentials where Lambda never has any, and only at
//! the first request that needs it. Over TLS it trusts Amazon's root certificates alone,
//! which are in the binary: to read the system's takes as long as everything else.

use std::env;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedHttpClient};
use aws_sdk_dynamodb::{Client, Config};
use chrono::TimeDelta;
use latchkey::access_code::CodeLength;
use latchkey::error::{Error, Result};
use latchkey::secret::Random;
use latchkey::table::Table;
use tokio::sync::OnceCell;

use super::connector::{self, Trust};

/// The roots that AWS's services are signed by, from <https://www.amazontrust.com/repository/>.
const ROOTS: [&[u8]; 5] = [
    include_bytes!("../../certificates/amazon-root-ca-1.pem"),
    include_bytes!("../../certificates/amazon-root-ca-2.pem"),
    include_bytes!("../../certificates/amazon-root-ca-3.pem"),
    include_bytes!("../../certificates/amazon-root-ca-4.pem"),
    include_bytes!("../../certificates/starfield-services-root-g2.pem"),
];

/// The maximum number of attempts of one DynamoDB call.
const MAX_ATTEMPTS: u32 = 3;
/// The time limit for one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// The time limit for a call with its retries: less than the function's (template.yaml), so
/// that the caller gets an answer.
const CALL_TIMEOUT: Duration = Duration::from_secs(7);

static TABLE: OnceCell<Table> = OnceCell::const_new();

/// The table, made at the first call.
///
/// # Errors
/// 500 if the environment does not name it, or TLS cannot be set up.
pub async fn table(random: &Random) -> Result<Table> {
    TABLE.get_or_try_init(|| connect(random)).await.cloned()
}

/// The length of new access codes.
///
/// # Errors
/// 500 if the environment has an invalid length.
pub(crate) fn code_length() -> Result<CodeLength> {
    const NAME: &str = "ACCESS_CODE_LENGTH";
    let length = variable(NAME).ok_or_else(|| missing(NAME))?;
    length
        .parse()
        .map_err(|_| Error::Internal(format!("{NAME} is {length}")))
}

async fn connect(random: &Random) -> Result<Table> {
    let name = variable("TABLE_NAME").ok_or_else(|| missing("TABLE_NAME"))?;
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    let region = region.ok_or_else(|| missing("AWS_REGION"))?;
    let endpoint = variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| variable("AWS_ENDPOINT_URL"));
    let http = http_client(&region, endpoint.as_deref())?;
    // The connection starts here and is made meanwhile.
    tokio::task::yield_now().await;
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(CALL_TIMEOUT)
        .build();
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(http)
        .credentials_provider(EnvironmentVariableCredentialsProvider::new())
        .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
        .timeout_config(timeouts);
    config.set_endpoint_url(endpoint);
    let config = config.region(Region::new(region)).build();
    let client = Client::from_conf(config);
    tokio::task::yield_now().await;
    Ok(Table::new(client, name, random.clone()).keeping(retention()?))
}

/// How long deeds are kept; for ever, when the environment says nought or nothing of it.
fn retention() -> Result<Option<TimeDelta>> {
    const NAME: &str = "AUDIT_RETENTION_DAYS";
    let Some(days) = variable(NAME) else {
        return Ok(None);
    };
    let read = days.parse().ok().and_then(TimeDelta::try_days);
    let kept = read.ok_or_else(|| Error::Internal(format!("{NAME} is {days}")))?;
    Ok(Some(kept).filter(|kept| *kept > TimeDelta::zero()))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn missing(name: &str) -> Error {
    Error::Internal(format!("the environment variable {name} is not set"))
}

/// A client for where the SDK will find DynamoDB. In a partition of AWS's where that is
/// elsewhere, the connection that is begun is of no use, and does no harm.
fn http_client(region: &str, endpoint: Option<&str>) -> Result<SharedHttpClient> {
    let aws = |suffix| format!("https://dynamodb.{region}.{suffix}");
    let (trust, url) = match endpoint {
        Some(url) if url.starts_with("http://") => (Trust::Nobody, url.to_owned()),
        // Another endpoint than AWS's own, and AWS in China, may be signed by any root.
        Some(url) => (Trust::System, url.to_owned()),
        None if region.starts_with("cn-") => (Trust::System, aws("amazonaws.com.cn")),
        None => (Trust::Signed(&ROOTS), aws("amazonaws.com")),
    };
    let url = url.parse();
    let url = url.map_err(|error| Error::Internal(format!("the URL of DynamoDB: {error}")))?;
    connector::client(&trust, url)
}
