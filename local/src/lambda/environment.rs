//! The environment of a function, as Lambda sets it: these variables and no others.

use std::collections::BTreeMap;
use std::path::Path;

use crate::template::Function;

/// The part that is the same for every function.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// `AWS_REGION`.
    pub region: String,
    /// The credentials of the SDK's signature.
    pub credentials: Credentials,
    /// `AWS_ENDPOINT_URL_DYNAMODB`; `None` is AWS itself.
    pub dynamodb_url: Option<String>,
    /// The same for the functions, if there is a guard between them and the store. It knows a
    /// function by its access key: its name.
    pub guard_url: Option<String>,
    /// A person reads the logs: text rather than JSON, each line with its function.
    pub logs_for_people: bool,
}

/// Credentials for the store.
#[derive(Clone)]
pub struct Credentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Credentials")
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// Credentials for a store that checks no signature. DynamoDB Local requires letters and
    /// digits.
    #[must_use]
    pub fn dummy() -> Self {
        Self {
            access_key_id: "local".to_owned(),
            secret_access_key: "local".to_owned(),
            session_token: None,
        }
    }
}

impl Surroundings {
    /// The environment of any program beside the functions.
    fn common(&self) -> BTreeMap<String, String> {
        let mut variables = BTreeMap::from([
            ("AWS_REGION".to_owned(), self.region.clone()),
            ("AWS_DEFAULT_REGION".to_owned(), self.region.clone()),
            (
                "AWS_ACCESS_KEY_ID".to_owned(),
                self.credentials.access_key_id.clone(),
            ),
            (
                "AWS_SECRET_ACCESS_KEY".to_owned(),
                self.credentials.secret_access_key.clone(),
            ),
            ("LANG".to_owned(), "en_US.UTF-8".to_owned()),
            ("TZ".to_owned(), ":UTC".to_owned()),
        ]);
        if let Some(token) = &self.credentials.session_token {
            variables.insert("AWS_SESSION_TOKEN".to_owned(), token.clone());
        }
        if let Some(url) = &self.dynamodb_url {
            variables.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), url.clone());
        }
        if let Ok(path) = std::env::var("PATH") {
            variables.insert("PATH".to_owned(), path);
        }
        variables
    }

    /// The environment of a copy of `function`.
    pub(super) fn of_function(
        &self,
        function: &Function,
        program: &Path,
        runtime_api: &str,
        log_stream: &str,
    ) -> BTreeMap<String, String> {
        let mut variables = self.common();
        let format = if function.logs_json && !self.logs_for_people {
            "JSON"
        } else {
            "Text"
        };
        let task_root = program
            .parent()
            .unwrap_or(Path::new("/"))
            .display()
            .to_string();
        for (name, value) in [
            ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023".to_owned()),
            (
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                function.memory_size.to_string(),
            ),
            ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
            ("AWS_LAMBDA_LOG_FORMAT", format.to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", function.log_group.clone()),
            ("AWS_LAMBDA_LOG_STREAM_NAME", log_stream.to_owned()),
            ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_owned()),
            ("LAMBDA_TASK_ROOT", task_root.clone()),
            ("LAMBDA_RUNTIME_DIR", task_root),
            ("_HANDLER", function.handler.clone()),
        ] {
            variables.insert(name.to_owned(), value);
        }
        if let Some(url) = &self.guard_url {
            let variable = |name: &str, value: &String| (name.to_owned(), value.clone());
            variables.extend([
                variable("AWS_ENDPOINT_URL_DYNAMODB", url),
                variable("AWS_ACCESS_KEY_ID", &function.name),
            ]);
        }
        if let Some(level) = &function.log_level {
            variables.insert("AWS_LAMBDA_LOG_LEVEL".to_owned(), level.clone());
        }
        variables.extend(function.environment.clone());
        variables
    }

    /// The environment of a program that sees what all the functions see: the variables that
    /// the template gives them, and the store.
    #[must_use]
    pub fn of_companion<'f>(
        &self,
        functions: impl Iterator<Item = &'f Function>,
    ) -> BTreeMap<String, String> {
        let mut variables = self.common();
        for function in functions {
            variables.extend(function.environment.clone());
        }
        variables
    }
}
