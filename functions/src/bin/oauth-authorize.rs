//! The Lambda function `oauth-authorize`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::oauth::authorize::ENDPOINT)
}
