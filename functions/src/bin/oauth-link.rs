//! The Lambda function `oauth-link`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::oauth::link::ENDPOINT)
}
