//! The Lambda function `oauth-revoke`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::oauth::revoke::ENDPOINT)
}
