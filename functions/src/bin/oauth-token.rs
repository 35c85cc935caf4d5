//! The Lambda function `oauth-token`.

fn main() -> std::process::ExitCode {
    latchkey_functions::serve(latchkey_functions::oauth::token::ENDPOINT)
}
